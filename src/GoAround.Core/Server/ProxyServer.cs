using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;
using GoAround.Core.Sockets;
using Microsoft.Extensions.Logging;

namespace GoAround.Core.Server;

/// <summary>Listens on a port and serves HTTP/1.1, over TLS where it has a certificate: every request goes to one handler. Started once, and not again after it was stopped.</summary>
public sealed class ProxyServer : IAsyncDisposable
{
    private static readonly TimeSpan AcceptRetryDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan CutTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FullNotice = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan DrainLook = TimeSpan.FromMilliseconds(50);

    private readonly ServerOptions _options;
    private readonly TimeProvider _time;
    private readonly ProxyEvents _events;
    private readonly ILogger _log;
    private readonly DeadlineClock _clock;
    private readonly ServerContext _context;
    private readonly int _maxConnections;
    private readonly SemaphoreSlim _room;
    private readonly ClientAddresses? _addresses;
    private readonly Lock _gate = new();
    private readonly HashSet<ClientSession> _sessions = [];
    private readonly CancellationTokenSource _stopAccepting = new();
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Socket? _listener;
    private Task _accepting = Task.CompletedTask;
    private int? _fileLimit; // what lowered the maximum of connections, if anything did
    private long? _toldFull;
    private bool _isStopping;

    /// <summary>Prepares a server; it listens from <see cref="StartAsync"/> on.</summary>
    /// <param name="options">Not to be changed afterwards, and not checked: <c>AddGoAround</c> does that.</param>
    /// <param name="handler">Answers every request; not disposed.</param>
    /// <param name="time">The clock of all deadlines.</param>
    /// <param name="loggers">Where the log goes.</param>
    /// <param name="events">Who counts, or null. Must not throw: what it throws is not caught here.</param>
    /// <exception cref="ArgumentNullException">An argument other than <paramref name="events"/> is null.</exception>
    /// <exception cref="FormatException">A trusted proxy is neither an address nor a network.</exception>
    public ProxyServer(ServerOptions options, ProxyHandler handler, TimeProvider time, ILoggerFactory loggers, ProxyEvents? events = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(handler);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(loggers);
        _options = options;
        _time = time;
        _events = events ?? ProxyEvents.None;
        _log = loggers.CreateLogger<ProxyServer>();
        _clock = new DeadlineClock(time);
        _context = new ServerContext(options, handler, _events, time, _clock, _log);
        _maxConnections = MaxConnections();
        _room = new SemaphoreSlim(_maxConnections, _maxConnections);
        _addresses = options.MaxConnectionsPerClient is { } limit ? new ClientAddresses(limit) : null;
    }

    /// <summary>Where it listens; after the start.</summary>
    /// <exception cref="InvalidOperationException">It was not started.</exception>
    /// <exception cref="ObjectDisposedException">It was stopped.</exception>
    public IPEndPoint LocalEndPoint => _listener?.LocalEndPoint as IPEndPoint ?? throw new InvalidOperationException("The server was not started.");

    /// <summary>How many connections it would let in now; before the disposal.</summary>
    internal int Room => _room.CurrentCount;

    /// <summary>Opens the port, and has done so when it returns.</summary>
    /// <param name="cancellationToken">Gives up before the port is opened.</param>
    /// <exception cref="SocketException">The port is taken, or may not be opened.</exception>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Bind();
        _listener.Listen(_options.Backlog);
        _accepting = AcceptAsync(_listener, Poller.IsWanted ? new PolledListener(_listener) : null, _stopAccepting.Token);
        return Task.CompletedTask;
    }

    /// <summary>Takes the port without opening it, so that a port in use is known before anything else is begun.</summary>
    /// <exception cref="SocketException">The port is taken, or may not be opened.</exception>
    [MemberNotNull(nameof(_listener))]
    internal void Bind() => _listener ??= Bound();

    /// <summary>Stops accepting, lets the requests in flight end, and closes. Those that take longer than <see cref="ServerOptions.ShutdownTimeout"/> are cut.</summary>
    /// <param name="cancellationToken">Cuts them at once; it does not throw.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _context.IsDraining = true;
        await _stopAccepting.CancelAsync().ConfigureAwait(false);
        await _accepting.ConfigureAwait(false);
        _listener?.Dispose();
        lock (_gate)
        {
            _isStopping = true;
            if (_sessions.Count == 0)
            {
                _drained.TrySetResult();
            }
        }

        long start = _time.GetTimestamp();
        while (!_drained.Task.IsCompleted && !cancellationToken.IsCancellationRequested && _time.GetElapsedTime(start) < _options.ShutdownTimeout)
        {
            foreach (ClientSession session in Sessions())
            {
                session.CloseWhenIdle();
            }

            using CancellationTokenSource look = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(_drained.Task, Task.Delay(DrainLook, _time, look.Token)).ConfigureAwait(false);
            await look.CancelAsync().ConfigureAwait(false);
        }

        await CutAsync(_time.GetElapsedTime(start)).ConfigureAwait(false);
    }

    /// <summary>Stops at once, and cuts what is in flight; use <see cref="StopAsync"/> before it to let requests end.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_drained.Task.IsCompleted)
        {
            await StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
        }

        _clock.Dispose();
        _stopAccepting.Dispose();
        _room.Dispose();
    }

    private int MaxConnections()
    {
        if (OpenFiles.Limit() is not { } files || OpenFiles.RoomForClients(files, OpenFiles.Count()) is var most && most >= _options.MaxConnections)
        {
            return _options.MaxConnections;
        }

        _fileLimit = files;
        ServerLog.ConnectionsLimitedByFiles(_log, most, _options.MaxConnections, files);
        return most;
    }

    private Socket Bound()
    {
        IPAddress address = _options.Address;
        if (address.Equals(IPAddress.IPv6Any) && !Socket.OSSupportsIPv6)
        {
            address = IPAddress.Any;
        }

        Socket listener = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (address.Equals(IPAddress.IPv6Any))
            {
                listener.DualMode = true;
            }

            listener.NoDelay = true; // Linux hands it on to each connection
            listener.Bind(new IPEndPoint(address, _options.Port));
            return listener;
        }
        catch (SocketException)
        {
            listener.Dispose();
            throw;
        }
    }

    // At the limit each connection that ends lets one more in, and it is full again: thousands of times a second.
    private void TellFull()
    {
        if (_toldFull is { } told && _time.GetElapsedTime(told) < FullNotice)
        {
            return;
        }

        _toldFull = _time.GetTimestamp();
        if (_fileLimit is { } files)
        {
            ServerLog.FileLimitReached(_log, _maxConnections, files);
        }
        else
        {
            ServerLog.ConnectionLimitReached(_log, _maxConnections);
        }
    }

    private async Task AcceptAsync(Socket listener, PolledListener? polled, CancellationToken cancellationToken)
    {
        using PolledListener? owned = polled;
        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                if (_room.CurrentCount == 0)
                {
                    TellFull();
                }

                await _room.WaitAsync(cancellationToken).ConfigureAwait(false);
                bool isTaken = false;
                try
                {
                    isTaken = await TryAcceptAsync(listener, polled, cancellationToken).ConfigureAwait(false);
                }
                finally
                {
                    if (!isTaken)
                    {
                        _room.Release();
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }

        await PollThread.Leave(); // whoever waits for this end goes on from here
        AcceptLast(listener);
    }

    private async ValueTask<bool> TryAcceptAsync(Socket listener, PolledListener? polled, CancellationToken cancellationToken)
    {
        Socket socket;
        try
        {
            socket = polled is null
                ? await listener.AcceptAsync(cancellationToken).ConfigureAwait(false)
                : await polled.AcceptAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException error)
        {
            // Out of file descriptors, or the client was gone before it was accepted: neither may end the server.
            ServerLog.AcceptFailed(_log, error.Message);
            await Task.Delay(AcceptRetryDelay, _time, cancellationToken).ConfigureAwait(false);
            return false;
        }

        return TryOpen(socket);
    }

    /// <summary>Lets in who has connected already: the listener's end would be a reset to them.</summary>
    private void AcceptLast(Socket listener)
    {
        try
        {
            listener.Blocking = false;
            for (int i = 0; i < _options.Backlog && listener.Poll(TimeSpan.Zero, SelectMode.SelectRead) && _room.Wait(TimeSpan.Zero); i++)
            {
                if (!TryOpen(listener.Accept()))
                {
                    _room.Release();
                }
            }
        }
        catch (SocketException error)
        {
            ServerLog.AcceptFailed(_log, error.Message);
        }
    }

    /// <summary>Begins to serve a connection; false: it was refused, and is closed.</summary>
    private bool TryOpen(Socket socket)
    {
        try
        {
            if (!OperatingSystem.IsLinux())
            {
                socket.NoDelay = true;
            }
        }
        catch (SocketException error)
        {
            socket.Dispose();
            ServerLog.AcceptFailed(_log, error.Message);
            return false;
        }

        IPEndPoint? client = ClientOpening.EndPointOf(socket);
        if (_addresses is not null && client is not null && !_addresses.TryEnter(client.Address))
        {
            ServerLog.TooManyOfClient(_log, client, _options.MaxConnectionsPerClient.GetValueOrDefault());
            _events.ConnectionRefused(ConnectionRefusal.TooManyOfClient);
            socket.Dispose(); // last: whoever sees it has been counted
            return false;
        }

        ClientSession session = new(_context, socket, client);
        lock (_gate)
        {
            _sessions.Add(session);
        }

        _events.ConnectionOpened();
        _ = ServeAsync(session); // awaited by StopAsync, through the set of sessions
        return true;
    }

    private async Task ServeAsync(ClientSession session)
    {
        await session.RunAsync().ConfigureAwait(false);
        if (_addresses is not null && session.Client is { } client)
        {
            _addresses.Leave(client.Address);
        }

        _room.Release();
        _events.ConnectionClosed(); // whoever is told of it finds its place free
        lock (_gate)
        {
            _sessions.Remove(session);
            if (_isStopping && _sessions.Count == 0)
            {
                _drained.TrySetResult();
            }
        }
    }

    private async Task CutAsync(TimeSpan waited)
    {
        ClientSession[] busy = Sessions();
        if (busy.Length > 0)
        {
            ServerLog.ConnectionsCut(_log, busy.Length, waited.TotalSeconds);
            foreach (ClientSession session in busy)
            {
                session.Abort();
            }
        }

        try
        {
            await _drained.Task.WaitAsync(CutTimeout, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            ServerLog.SessionsLeft(_log, Sessions().Length);
        }
    }

    private ClientSession[] Sessions()
    {
        lock (_gate)
        {
            return [.. _sessions];
        }
    }
}
