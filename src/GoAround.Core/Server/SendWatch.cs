using System;
using System.Threading;
using GoAround.Core.Async;
using GoAround.Core.Sockets;

namespace GoAround.Core.Server;

/// <summary>
/// Watches a client that does not take its response at once: it is cut when it takes nothing for too long, or too little on
/// average. What it has taken is what its side has acknowledged, so a full buffer on the way counts neither for nor against it.
/// </summary>
internal sealed class SendWatch : IDisposable
{
    private const int LooksInBodyTimeout = 8;

    private readonly ServerContext _server;
    private readonly Transport _transport;
    private readonly Deadline _deadline;
    private readonly TimeSpan _look;
    private readonly Lock _gate = new(); // between the session and the clock, and only where a send waits
    private State _state;

    /// <param name="server">The options and the clock.</param>
    /// <param name="transport">What is sent over.</param>
    /// <param name="onTooSlow">Called with <paramref name="owner"/> when the client is to be cut.</param>
    /// <param name="owner">Handed to <paramref name="onTooSlow"/>.</param>
    public SendWatch(ServerContext server, Transport transport, Action<object> onTooSlow, object owner)
    {
        _server = server;
        _transport = transport;
        _look = server.Options.BodyTimeout / LooksInBodyTimeout;
        _deadline = new Deadline(server.Clock, onTooSlow, owner, this, static watch => ((SendWatch)watch).Look());
    }

    /// <inheritdoc/>
    public void Dispose() => _deadline.Dispose();

    /// <summary>Starts over for the next response.</summary>
    /// <param name="handed">Bytes that were handed to the transport before it.</param>
    public void Begin(long handed)
    {
        _state = default;
        _state.Base = handed;
    }

    /// <summary>From here on the bytes are not HTTP, and there is no rate.</summary>
    /// <param name="hasTime">The tunnel has a time of its own, and a send may wait so long as it lives; else the longest pause counts.</param>
    public void BeginTunnel(bool hasTime)
    {
        _state.IsTunnel = true;
        _state.HasTime = hasTime;
    }

    /// <summary>Only the end of a tunnel is sent yet: the longest pause counts.</summary>
    public void EndTunnel() => _state.HasTime = false;

    /// <summary>A send waits.</summary>
    public void Start()
    {
        TimeSpan left;
        lock (_gate)
        {
            if (_state.HasTime)
            {
                return;
            }

            if (!_state.HasWaited)
            {
                _state.HasWaited = true;
                _state.Base = Math.Min(_state.Base, _transport.CountTaken()); // of what is not taken yet some may be an earlier response
            }

            _state.IsWaiting = true;
            _state.WaitStart = _server.Time.GetTimestamp();
            _state.ProgressAt = _state.WaitStart;
            left = Left(_state.Pace);
        }

        _deadline.Set(Least(Least(left, _look), _server.Options.BodyTimeout));
    }

    /// <summary>The send has ended; false: too late, the client is being cut.</summary>
    public bool Stop()
    {
        lock (_gate)
        {
            if (_state.IsWaiting)
            {
                _state.IsWaiting = false;
                _state.Pace.AddWait(_server.Time.GetElapsedTime(_state.WaitStart));
            }
        }

        return _deadline.Clear();
    }

    /// <summary>Looks how far the client has come; returns how long it has until the next look, or zero where it is too slow.</summary>
    private TimeSpan Look()
    {
        lock (_gate)
        {
            if (!_state.IsWaiting)
            {
                return _look; // it was through in this moment, and takes the deadline back
            }

            long now = _server.Time.GetTimestamp();
            long taken = _transport.CountTaken() - _state.Base;
            if (taken > _state.Taken)
            {
                _state.Taken = taken;
                _state.ProgressAt = now;
                _state.Pace.SetBytes(taken);
            }

            BodyPace pace = _state.Pace;
            pace.AddWait(_server.Time.GetElapsedTime(_state.WaitStart, now));
            TimeSpan left = Least(Left(pace), _server.Options.BodyTimeout - _server.Time.GetElapsedTime(_state.ProgressAt, now));
            return left <= TimeSpan.Zero ? TimeSpan.Zero : Least(left, _look);
        }
    }

    private TimeSpan Left(in BodyPace pace) => _state.IsTunnel ? TimeSpan.MaxValue : pace.Left(_server.Options);

    private static TimeSpan Least(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private struct State
    {
        public BodyPace Pace;
        public long Base;
        public long Taken;
        public long WaitStart;
        public long ProgressAt;
        public bool HasWaited;
        public bool IsWaiting;
        public bool IsTunnel;
        public bool HasTime;
    }
}
