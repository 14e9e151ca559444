using System;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Sockets;

namespace GoAround.Core.Server;

/// <summary>
/// Asks whether a client that has closed its half is still there, by bytes of its answer, sent ahead one by one: one that is gone says so with a reset, to one that waits they are the
/// beginning of what it gets: of a status line, or of the size of the next chunk, which may have zeros before it. The first goes a little later than the client's end came, so that a
/// quick answer stays in one piece; the pauses before the next ones double.
/// </summary>
/// <remarks>
/// Its owner sees to it that nothing else is sent meanwhile, and that one thread at a time is in it. It has a timer of its own, since the clock of the deadlines ticks ten times a second; only clients that
/// have closed their half have one.
/// </remarks>
internal sealed class AnswerProbe : IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromDays(24); // of an option, and about what a timer knows
    private static readonly byte[] StatusLine = "HTTP/1.1 "u8.ToArray(); // as each begins   RFC 9112 §4
    private static readonly byte[] ChunkSize = "000000"u8.ToArray(); // 1*HEXDIG, RFC 9112 §7.1; with the eight of the size few enough for those who read 16

    private readonly Transport _transport;
    private readonly ITimer _timer;
    private readonly TimeSpan _pause;
    private Task<SocketError>? _sending; // what did not end at once
    private SocketError _error;
    private bool _isWithinBody; // what is out stands before a chunk's size, and not in place of it
    private int _count;
    private int _round;

    /// <param name="server">The options and the clock.</param>
    /// <param name="transport">The client's connection.</param>
    /// <param name="onDue">Called with <paramref name="owner"/> when the time to send has come, on a thread of the pool.</param>
    /// <param name="owner">Handed to <paramref name="onDue"/>.</param>
    public AnswerProbe(ServerContext server, Transport transport, TimerCallback onDue, object owner)
    {
        _transport = transport;
        _pause = server.Options.HalfCloseGrace;
        using (ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow()) // what a handler has there must not live as long as the connection
        {
            _timer = server.Time.CreateTimer(onDue, owner, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>A byte of what comes next is out.</summary>
    public bool HasBegun => _count > 0;

    /// <summary>Has the next byte sent when its time has come.</summary>
    public void Set()
    {
        TimeSpan pause = _round == 0 ? FirstPause : _pause * (1 << (_round - 1));
        _timer.Change(pause < LongestPause ? pause : LongestPause, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Sends the next byte; false: that failed, or the last one had its pause, and the client counts as gone.</summary>
    /// <param name="isWithinBody">The next is a chunk, and not a status line.</param>
    public bool TrySend(bool isWithinBody)
    {
        byte[] bytes = isWithinBody ? ChunkSize : StatusLine;
        if (_round >= bytes.Length)
        {
            return false;
        }

        _round++;
        if (_sending is { IsCompleted: false })
        {
            return true; // the client does not even take the one before
        }

        _sending = null;
        _isWithinBody = isWithinBody;
        ValueTask<SocketError> sending = _transport.SendAsync(bytes.AsMemory(_count, 1));
        _count++;
        if (sending.IsCompletedSuccessfully)
        {
            _error = sending.Result;
            return _error == SocketError.Success;
        }

        _sending = sending.AsTask();
        return true;
    }

    /// <summary>Takes what is out from what is sent next, and waits until it has been sent.</summary>
    public ValueTask<SocketError> TakeFrom(ref OutboundBuffer next)
    {
        if (!_isWithinBody)
        {
            next.Drop(_count);
        }

        _count = 0;
        _round = Math.Min(_round, 1); // what goes out now asks, too, and the pauses grow anew
        return _sending is null ? new(_error) : new(_sending);
    }

    /// <summary>Starts over for the next answer.</summary>
    public void Reset() => _round = 0;

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();
}
