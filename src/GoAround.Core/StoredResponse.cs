using System;
using System.Buffers;
using System.Collections.Generic;
using GoAround.Core.Async;

namespace GoAround.Core;

/// <summary>
/// One response as an <see cref="IResponseCache"/> keeps it: bytes that never change, shared by all who read them. It is disposed as
/// often as it was made or shared; the bytes may be used for something else after the last time.
/// </summary>
public class StoredResponse : IDisposable
{
    private ShareCount _shares;
    private bool _isMarker;

    /// <summary>Makes one from bytes, as a store of your own does with what it read.</summary>
    /// <param name="head">As it stood in <see cref="Head"/>.</param>
    /// <param name="body">As it stood in <see cref="Body"/>.</param>
    /// <param name="tags">As they stood in <see cref="Tags"/>; a store that keeps them elsewhere may leave them out.</param>
    /// <param name="keepUntil">As it stood in <see cref="KeepUntil"/>.</param>
    /// <remarks>Nothing is copied, nor checked here: a head that is not whole is found out when it is used, and is a miss.</remarks>
    public StoredResponse(ReadOnlyMemory<byte> head, ReadOnlySequence<byte> body, IReadOnlyList<ReadOnlyMemory<byte>> tags, DateTimeOffset keepUntil)
    {
        _shares.Begin();
        Head = head;
        Body = body;
        Tags = tags;
        KeepUntil = keepUntil;
    }

    /// <summary>Status, fields, and what was found out about them, in a form of this library's own that says its version; a later version takes what it cannot read for a miss.</summary>
    public ReadOnlyMemory<byte> Head { get; private protected set; }

    /// <summary>The content as the backend sent it; empty for a marker, which says only how other keys are made.</summary>
    public ReadOnlySequence<byte> Body { get; private protected set; }

    /// <summary>The names under which this response can be removed, beside its key: the resource it belongs to, and each Surrogate-Key or Cache-Tag.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Tags { get; private protected set; }

    /// <summary>After this moment no rule lets it be used, not even stale or after validation would it be worth its room: a store may drop it then.</summary>
    public DateTimeOffset KeepUntil { get; private protected set; }

    /// <summary>It is a marker: it says how other keys are made, and counts as no response where something is removed; default false. A store keeps it with the rest.</summary>
    public bool IsMarker { get => _isMarker; init => _isMarker = value; }

    /// <summary>Takes one more share; false: the last one is gone already. Safe for concurrent use.</summary>
    public bool Share() => _shares.TryAdd();

    /// <summary>Gives one share back; once for each that was had. Safe for concurrent use.</summary>
    public void Dispose()
    {
        GC.SuppressFinalize(this);
        if (_shares.GiveBack())
        {
            Release();
        }
    }

    /// <summary>Begins again with one share: for an object that is used for one response after another, after all was set.</summary>
    private protected void Renew(bool isMarker)
    {
        _isMarker = isMarker;
        _shares.Begin();
    }

    /// <summary>The last share was given back: nobody reads the bytes any more. Called once, by whoever gave it back. Must not throw.</summary>
    protected virtual void Release()
    {
    }
}
