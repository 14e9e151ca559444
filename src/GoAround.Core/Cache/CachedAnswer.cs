using System.Threading.Tasks;
using GoAround.Core.Async;
using GoAround.Core.Http;

namespace GoAround.Core.Cache;

/// <summary>
/// One request's look into the cache, and the response that comes of it: from the store, or along with a fetch. It holds what it was lent
/// until it is disposed; then it is used again.
/// </summary>
internal sealed class CachedAnswer : ProxyResponse, IResponseLease
{
    /// <summary>What the request says.</summary>
    public RequestFacts Facts;

    /// <summary>Under which it is looked up, or was found.</summary>
    public KeyBuffer Key;

    /// <summary>The head of what was found; valid with <see cref="Stored"/>.</summary>
    public StoredHead Head;

    private readonly AnswerBody _body;

    private bool _isGuess;

    private CachedAnswer() => _body = new AnswerBody(Reader);

    /// <summary>It, among those who wait for a fetch.</summary>
    public FillReader Reader { get; } = new();

    /// <summary>The hash of its URL.</summary>
    public int Hash { get; private set; }

    /// <summary>How much of the key is the URL.</summary>
    public int UrlLength { get; private set; }

    /// <summary>How much of the key does not depend on what the response varies by.</summary>
    public int PrimaryLength { get; private set; }

    /// <summary>How many fetches of its like had ended before the store was looked into.</summary>
    public int Ended { get; private set; }

    /// <summary>How many purges of its like had come by then.</summary>
    public int Purges { get; private set; }

    /// <summary>What was found; a share.</summary>
    public StoredResponse? Stored { get; set; }

    /// <summary>A part was found that does not have what is asked for.</summary>
    public bool IsPartial { get; set; }

    /// <summary>The store has failed it, or was not done in time: it is not asked again for the same request.</summary>
    public bool IsStoreLost { get; set; }

    /// <summary>The fetch it sits at.</summary>
    public Fill? Fill { get; set; }

    /// <summary>A free one, for a request.</summary>
    public static CachedAnswer Rent(ProxyRequest request, in RequestFacts facts)
    {
        CachedAnswer answer = FreeList<CachedAnswer>.TryTake() ?? new();
        answer.Facts = facts;
        answer.Key.Clear();
        CacheKey.Append(ref answer.Key, request);
        answer.PrimaryLength = answer.Key.Length;
        answer.UrlLength = CacheKey.UrlLength(answer.Key.Span);
        answer.Hash = FillTable.Hash(answer.Key.Span[..answer.UrlLength]);
        return answer;
    }

    /// <summary>A free one, for its key alone.</summary>
    public static CachedAnswer RentScratch() => FreeList<CachedAnswer>.TryTake() ?? new();

    /// <summary>The store is looked into next: remembers what has happened until now.</summary>
    public void BeginLook(FillTable fills)
    {
        Ended = fills.Ended(Hash);
        Purges = fills.Purges(Hash);
    }

    /// <summary>What was found is not used.</summary>
    public void DropStored()
    {
        Stored?.Dispose();
        Stored = null;
        Head = default;
    }

    /// <summary>Becomes the answer from a stored response; its body is at hand.</summary>
    /// <param name="request">The client's.</param>
    /// <param name="stored">What is stored; held by this or by its fetch.</param>
    /// <param name="head">Its head.</param>
    public void Serve(ProxyRequest request, StoredResponse stored, in StoredHead head)
    {
        Begin(in head);
        bool isPart = head.TryReadPart(out ContentRange part);
        long length = isPart ? part.Total : stored.Body.Length;
        if (TryShorten(request, in head, length, out RangeOutcome range))
        {
            return;
        }

        if (isPart && !part.Covers(in range))
        {
            range = new RangeOutcome(RangeKind.Whole, part.First, part.Last); // all that there is of it
        }

        ContentLength = range.Length;
        if (!Facts.IsHead && range.Length > 0)
        {
            _body.Begin(stored.Body, range.First - part.First, range.Length);
            Body = _body;
        }
    }

    /// <summary>Becomes the answer that a fetch receives; false: the beginning of its body is gone already.</summary>
    public bool TryFollow(ProxyRequest request)
    {
        Fill fill = Fill!; // it has joined it
        FillContent content = fill.Content;
        long? length = fill.HasEnded && fill.Fault is null ? content.Last!.Start + content.Last.Length : content.Length; // it is being received
        Begin(in content.Head);
        if (content.Private.Count > 0 && fill.IsLeader(Reader))
        {
            content.Private.CopyTo(Fields);
        }

        Backend = content.Backend;
        ReceivedVersion = content.Version;
        Attempts = content.Attempts;
        RangeOutcome range = new(RangeKind.Whole, 0, (length ?? 0) - 1);
        if (StatusCode != 206 && TryShorten(request, in content.Head, length, out range)) // the part that was asked for goes out as it comes
        {
            _isGuess = StatusCode == 304 && !Conditions.NamesValidator(request.Fields, in content.Head);
            return true;
        }

        ContentLength = length is null ? null : range.Length;
        if (Facts.IsHead || length == 0)
        {
            return true;
        }

        if (!_body.TryBegin(fill, range.First, ContentLength))
        {
            return false;
        }

        Body = _body;
        return true;
    }

    /// <summary>It is the response: whoever disposes it gives everything back.</summary>
    public CachedAnswer Lease()
    {
        AddLease(this);
        return this;
    }

    /// <inheritdoc/>
    public ValueTask ReleaseAsync(ProxyResponse response)
    {
        Free();
        return default;
    }

    /// <summary>Gives everything back.</summary>
    public void Free()
    {
        Fill? fill = Fill;
        bool hasAll = fill is not null && !_isGuess && (!ReferenceEquals(Body, _body) || _body.IsRead);
        Clear();
        Fill = null;
        fill?.Leave(Reader, hasAll);
        DropStored();
        Facts = default;
        IsPartial = false;
        IsStoreLost = false;
        _isGuess = false;
        FreeList<CachedAnswer>.Give(this);
    }

    /// <summary>Gives up the fetch it sits at, with what it was handed.</summary>
    public ValueTask AbandonAsync()
    {
        Clear();
        Fill? fill = Fill;
        Fill = null;
        return fill is null ? default : fill.AbandonAsync(Reader);
    }

    private void Begin(in StoredHead head)
    {
        _isGuess = false;
        Fields.Clear();
        head.CopyTo(this);
        UpgradeProtocol = default;
        Attempts = 0;
        Backend = null;
        Error = ProxyError.None;
        ErrorDetails = null;
        ReceivedVersion = ProtocolVersion.Http11;
        Body = MessageBody.Empty;
        ContentLength = null;
    }

    /// <summary>Makes it a 304 or a 416 where that is the answer; else says how much of the body it has.</summary>
    private bool TryShorten(ProxyRequest request, in StoredHead head, long? length, out RangeOutcome range)
    {
        range = new RangeOutcome(RangeKind.Whole, 0, (length ?? 0) - 1);
        if (Facts.HasConditions && Conditions.Evaluate(request, in head) == ConditionResult.NotModified)
        {
            Conditions.MakeNotModified(this);
            return true;
        }

        if (!Facts.HasRange || StatusCode is not (200 or 206) || length is not { } whole)
        {
            return false;
        }

        range = RangeRules.Evaluate(request, in head, whole);
        if (range.Kind == RangeKind.Whole)
        {
            return false;
        }

        RangeRules.Apply(this, in range, whole);
        if (range.Kind == RangeKind.Part)
        {
            return false;
        }

        Body = MessageBody.Empty;
        ContentLength = 0;
        return true;
    }

    private void Clear()
    {
        _body.End();
        Body = MessageBody.Empty;
        Fields.Clear();
        Reason = default;
    }
}
