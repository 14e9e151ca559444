using System;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Sockets;

namespace GoAround.Core.Server;

/// <summary>
/// Asks whether a client that has closed its half is still there, by bytes of its answer, sent ahead one by one: one that is gone says so with a reset, to one that waits they are the
/// beginning of what it gets. The first goes a little later than the client's end came, so that a quick answer stays in one piece; the pauses before the next ones double.
/// </summary>
/// <remarks>
/// Its owner sees to it that nothing else is sent meanwhile, and that one thread at a time is in it. It has a timer of its own, since the clock of the deadlines ticks ten times a second; only clients that
/// have closed their half have one.
/// </remarks>
internal sealed class AnswerProbe : IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromDays(24); // of an option, and about what a timer knows
    private static readonly byte[] Start = "HTTP/1.1 "u8.ToArray(); // of every status line   RFC 9112 §4

    private readonly Transport _transport;
    private readonly ITimer _timer;
    private readonly TimeSpan _pause;
    private Task<SocketError>? _sending; // what did not end at once
    private SocketError _error;
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

    /// <summary>So many bytes of the answer are out.</summary>
    public int Count { get; private set; }

    /// <summary>Has the next byte sent when its time has come.</summary>
    public void Set()
    {
        TimeSpan pause = _round == 0 ? FirstPause : _pause * (1 << (_round - 1));
        _timer.Change(pause < LongestPause ? pause : LongestPause, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Sends the next byte; false: that failed, or the last one had its pause, and the client counts as gone.</summary>
    public bool TrySend()
    {
        if (_round == Start.Length)
        {
            return false;
        }

        _round++;
        if (_sending is { IsCompleted: false })
        {
            return true; // the client does not even take the one before
        }

        _sending = null;
        ValueTask<SocketError> sending = _transport.SendAsync(Start.AsMemory(Count, 1));
        Count++;
        if (sending.IsCompletedSuccessfully)
        {
            _error = sending.Result;
            return _error == SocketError.Success;
        }

        _sending = sending.AsTask();
        return true;
    }

    /// <summary>Waits until what is out has been sent. Whoever calls sends the rest of a head behind it.</summary>
    public ValueTask<SocketError> TakeAsync()
    {
        Count = 0;
        _round = Math.Min(_round, 1); // behind an interim response the client is there, and the pauses grow anew
        return _sending is null ? new(_error) : new(_sending);
    }

    /// <summary>Starts over for the next answer.</summary>
    public void Reset() => _round = 0;

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();
}
