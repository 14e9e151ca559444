using System;
using System.Collections.Generic;
using GoAround.Core.Http;

namespace GoAround.Core.Cache;

/// <summary>What a fetch knows of its answer. Written by the fetch before it says so by its phase or its end; read by all afterwards.</summary>
internal sealed class FillContent
{
    /// <summary>Where the stored response is, as it was found; valid with <see cref="Old"/>.</summary>
    public StoredHead OldHead;

    /// <summary>The head of the answer.</summary>
    public StoredHead Head;

    /// <summary>The bytes of the head, where they are its own.</summary>
    public KeyBuffer HeadBytes;

    /// <summary>By which fields of the request it differs; empty: by none.</summary>
    public KeyBuffer VaryNames;

    /// <summary>Under which key it is stored.</summary>
    public KeyBuffer StoreKey;

    // With half of it for the next one, and so on, 5 s in all: as long as one that does not answer holds others up.
    private static readonly TimeSpan MostPatience = TimeSpan.FromSeconds(2.5);

    // Whoever reads as fast as the others is only now and then late by what it takes to be woken.
    private static readonly TimeSpan LeastPatience = TimeSpan.FromMilliseconds(100);

    // So long a wait costs no patience: of two who are equally fast now one and now the other is late, in each window anew.
    private static readonly TimeSpan FreeWait = TimeSpan.FromMilliseconds(10);

    private FillSegment? _previous;
    private FillSegment? _last;
    private TimeSpan _turn = MostPatience;
    private TimeSpan _patience = MostPatience; // what is left of the turn
    private int _readers; // when they were last counted
    private bool _areTagsGiven;

    /// <summary>What was stored when it began; a share of its own.</summary>
    public StoredResponse? Old { get; set; }

    /// <summary>The stored response that is the answer; a share of its own, but for the old one.</summary>
    public StoredResponse? Result { get; set; }

    /// <summary>No backend gave a better answer than what is stored, and stale.</summary>
    public StaleCause? StaleCause { get; set; }

    /// <summary>What was found out about it.</summary>
    public StoreDecision Decision { get; set; }

    /// <summary>Where its body begins.</summary>
    public FillSegment? First { get; private set; }

    /// <summary>Where its next bytes go.</summary>
    public FillSegment? Last => _last;

    /// <summary>Whoever is still here, or before it, is cut when the body goes on once more.</summary>
    public FillSegment? Behind { get; private set; }

    /// <summary>How much longer those who are ahead wait for those behind, until these are cut.</summary>
    public TimeSpan Patience => _patience > FreeWait ? _patience : FreeWait;

    /// <summary>Bytes of the body, where the backend has said so.</summary>
    public long? Length { get; set; }

    /// <summary>The body has become longer than what is stored.</summary>
    public bool IsOutgrown { get; private set; }

    /// <summary>The answer itself had an Age.</summary>
    public bool HasAge { get; set; }

    /// <summary>The status of the backend's answer.</summary>
    public int ForwardStatus { get; set; }

    /// <summary>Who answered.</summary>
    public Backend? Backend { get; set; }

    /// <summary>How many backends were tried.</summary>
    public int Attempts { get; set; }

    /// <summary>The version the backend answered in.</summary>
    public ProtocolVersion? Version { get; set; }

    /// <summary>The fields after the body; complete once it has ended.</summary>
    public FieldList Trailers { get; } = new();

    /// <summary>Fields that are not stored, and that nobody gets but the one whose request was sent (RFC 9111 §5.2.2.4, §5.2.2.7).</summary>
    public FieldList Private { get; } = new();

    /// <summary>The names under which it can be removed.</summary>
    public List<ReadOnlyMemory<byte>> Tags { get; private set; } = [];

    /// <summary>Begins the body.</summary>
    public void Begin(BodyBuffer body, long limit)
    {
        First = new FillSegment(body, limit);
        _last = First;
    }

    /// <summary>Goes on beyond what is stored: keeps the last segment, for those who are behind, and begins another.</summary>
    public void Widen()
    {
        IsOutgrown = true;
        FillSegment full = _last!; // the body has begun
        FillSegment next = new(full.Start + full.Length);
        _last = next;
        full.Next = next;
        _previous?.Dispose();
        Behind = _previous;
        _previous = full;
    }

    /// <summary>Somebody is cut; for whoever falls behind next there is half as much patience as there was for that one: it may be no slower than the others.</summary>
    public void RenewPatience()
    {
        _turn = TimeSpan.FromTicks(Math.Max(_turn.Ticks / 2, LeastPatience.Ticks));
        _patience = _turn;
    }

    /// <summary>Those behind were waited for once more; what that has cost adds up over the body.</summary>
    public void WearPatience(TimeSpan waited)
    {
        if (waited > FreeWait)
        {
            _patience -= waited - FreeWait;
        }
    }

    /// <summary>So many read it now. Whoever was waited for may be one of those who have left since the last time: the others do not pay for it.</summary>
    public void CountReaders(int count)
    {
        if (count < _readers && _patience < LeastPatience)
        {
            _patience = LeastPatience;
        }

        _readers = count;
    }

    /// <summary>Whether it bears a tag; to be asked from <see cref="FillPhase.Open"/> on.</summary>
    public bool Bears(ReadOnlySpan<byte> tag)
    {
        foreach (ReadOnlyMemory<byte> own in Tags)
        {
            if (own.Span.SequenceEqual(tag))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The store keeps a share of what it was lent: the next answer needs memory of its own.</summary>
    public void GiveHeadAway()
    {
        HeadBytes = default;
        _areTagsGiven = true; // a purge may still ask for them
    }

    /// <summary>Starts over; nobody reads any more.</summary>
    public void Reset()
    {
        _previous?.Dispose();
        _last?.Dispose();
        if (Result != Old)
        {
            Result?.Dispose();
        }

        Old?.Dispose();
        _previous = null;
        _last = null;
        First = null;
        Behind = null;
        _turn = MostPatience;
        _patience = _turn;
        _readers = 0;
        Result = null;
        Old = null;
        OldHead = default;
        Head = default;
        HeadBytes.Clear();
        VaryNames.Clear();
        StoreKey.Clear();
        StaleCause = null;
        Decision = default;
        Length = null;
        IsOutgrown = false;
        HasAge = false;
        ForwardStatus = 0;
        Backend = null;
        Attempts = 0;
        Version = null;
        Trailers.Clear();
        Private.Clear();
        if (_areTagsGiven)
        {
            Tags = [];
            _areTagsGiven = false;
        }
        else
        {
            Tags.Clear();
        }
    }
}
