using System;
using System.Buffers;
using System.Net.Http;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;
using GoAround.Core.Sockets;

namespace GoAround.Core.Outgoing;

/// <summary>
/// The content of an HttpRequestMessage, pulled: it is written into a <see cref="Handover"/> from the first read on. Content that lies in memory is written once more for a
/// second try; of any other what passes is kept, so far as the replay buffer goes.
/// </summary>
internal sealed class OutgoingBody : MessageBody
{
    /// <summary>Not longer than this a backend is waited for that says nothing to Expect (as SocketsHttpHandler does; RFC 9110 §10.1.1).</summary>
    private static readonly TimeSpan ContinueTimeout = TimeSpan.FromSeconds(1);

    private readonly HttpContent _content;
    private readonly TimeProvider _time;
    private readonly int _replayLimit;
    private readonly bool _isInMemory;
    private readonly bool _isTrusted;
    private readonly bool _isHeldBack;
    private CancellationTokenSource? _stop;
    private TaskCompletionSource? _go;
    private Handover? _handover;
    private Task? _copy;
    private byte[] _replay = [];
    private int _kept;
    private int _replayed;
    private bool _keeps;
    private long _read;

    /// <param name="content">What is sent.</param>
    /// <param name="length">Bytes; null: chunked.</param>
    /// <param name="replayLimit">Bytes that may be kept for a second try; 0: none.</param>
    /// <param name="isHeldBack">It is sent once the backend has said 100 (Continue), or nothing for a second.</param>
    /// <param name="time">What that second is timed by.</param>
    public OutgoingBody(HttpContent content, long? length, int replayLimit, bool isHeldBack, TimeProvider time)
    {
        _content = content;
        _time = time;
        _isInMemory = content is ByteArrayContent or ReadOnlyMemoryContent;
        _isTrusted = content is JsonContent || (_isInMemory && content.GetType().Assembly == typeof(HttpContent).Assembly); // a class derived from those may do as it likes
        _replayLimit = replayLimit;
        _keeps = !_isInMemory && replayLimit > 0 && !(length > replayLimit);
        _isHeldBack = isHeldBack;
        _go = isHeldBack ? new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously) : null;
        Length = length;
    }

    /// <inheritdoc/>
    public override long? Length { get; }

    /// <summary>The backend has asked for the body.</summary>
    public void Continue() => Volatile.Read(ref _go)?.TrySetResult();

    /// <inheritdoc/>
    public override ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
    {
        if (_replayed < _kept)
        {
            ReadOnlyMemory<byte> again = _replay.AsMemory(_replayed, _kept - _replayed);
            _replayed = _kept;
            return new(again);
        }

        if (_go is not null)
        {
            return ReadLaterAsync(cancellationToken);
        }

        _handover ??= StartCopy();
        ValueTask<ReadOnlyMemory<byte>> next = _handover.ReadAsync(cancellationToken);
        return next.IsCompletedSuccessfully ? new(Note(next.Result)) : WaitAsync(next);
    }

    /// <inheritdoc/>
    internal override void OnSent() => _handover?.Finish();

    /// <inheritdoc/>
    public override bool TryRewind()
    {
        if (_handover is null)
        {
            RenewExpectation();
            return true;
        }

        if (_isInMemory)
        {
            _handover.Abandon();
            _handover = null;
            _read = 0;
        }
        else if (!_keeps)
        {
            return false;
        }

        _replayed = 0;
        RenewExpectation();
        return true;
    }

    /// <summary>The exchange is over, and nobody reads any more: content that is not through is told with its next write, and by its token.</summary>
    public void End()
    {
        if (_read == Length)
        {
            _handover?.Finish(); // nobody has said that it was sent where a step has wrapped it
        }
        else
        {
            _handover?.Abandon();
        }

        if (_replay.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_replay);
            _replay = [];
        }

        if (_stop is not null && _copy is not { IsCompleted: true })
        {
            _ = CancelAsync(_stop);
        }
    }

    /// <summary>Tells the content that it is not wanted any more. What it does then is its own affair: it may take long, and throw; nobody waits for that, as nobody waits for the content.</summary>
    private static async Task CancelAsync(CancellationTokenSource stop)
    {
        try
        {
            await stop.CancelAsync().ConfigureAwait(false);
        }
        catch (AggregateException)
        {
            // What the content has registered with its token threw, and the exchange is over: there is nobody whose fault it could be.
        }
    }

    private Handover StartCopy()
    {
        Handover handover = new(_isTrusted);
        _stop ??= _isTrusted && _isInMemory ? null : new CancellationTokenSource(); // that waits for nobody else
        _copy = CopyAsync(handover);
        return handover;
    }

    private async Task CopyAsync(Handover handover)
    {
        if (!_isTrusted || Poller.IsCurrent)
        {
            await PollThread.Leave(); // it may block on what it writes, and the one who reads that is on this stack
            if (_stop is { IsCancellationRequested: true })
            {
                return; // the exchange is over already
            }
        }

        Exception? fault = null;
        try
        {
            await _content.CopyToAsync(new HandoverStream(handover), null, _stop?.Token ?? default).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // the content is the application's: whoever sends it throws what it threw
        catch (Exception error)
#pragma warning restore CA1031
        {
            fault = error;
        }

        handover.End(fault);
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<ReadOnlyMemory<byte>> WaitAsync(ValueTask<ReadOnlyMemory<byte>> next) => Note(await next.ConfigureAwait(false));

    private async ValueTask<ReadOnlyMemory<byte>> ReadLaterAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _go!.Task.WaitAsync(ContinueTimeout, _time, cancellationToken).ConfigureAwait(false); // there is one
        }
        catch (TimeoutException)
        {
            // A client may go on without the word.
        }

        _go = null;
        return await ReadAsync(cancellationToken).ConfigureAwait(false);
    }

    private void RenewExpectation()
    {
        if (_isHeldBack)
        {
            Volatile.Write(ref _go, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }
    }

    /// <summary>Counts a piece, and keeps it where a second try may want it.</summary>
    private ReadOnlyMemory<byte> Note(ReadOnlyMemory<byte> piece)
    {
        _read += piece.Length;
        if (Length is { } length && (_read > length || (piece.IsEmpty && _read < length)))
        {
            throw new HttpRequestException($"The content has {(_read > length ? "more" : "fewer")} bytes than its Content-Length of {length} says.");
        }

        if (_keeps && !piece.IsEmpty)
        {
            Keep(piece.Span);
        }

        return piece;
    }

    private void Keep(ReadOnlySpan<byte> piece)
    {
        int kept = _kept + piece.Length;
        if (kept > _replayLimit)
        {
            _keeps = false;
            return;
        }

        if (kept > _replay.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Min(Math.Max(kept, _replay.Length * 2), Math.Max(_replayLimit, kept)));
            _replay.AsSpan(0, _kept).CopyTo(larger);
            if (_replay.Length > 0)
            {
                ArrayPool<byte>.Shared.Return(_replay);
            }

            _replay = larger;
        }

        piece.CopyTo(_replay.AsSpan(_kept));
        _kept = kept;
        _replayed = kept;
    }
}
