using System;
using System.Collections.Generic;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core;
using Microsoft.Extensions.Logging;

namespace GoAround.Cli.Control;

/// <summary>The Unix socket that takes new lists of backends, and commands for pool and cache, while the balancer runs.</summary>
internal sealed class ControlSocket(string path, IBackendPool pool, CacheCommand cache, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    /// <summary>Connections served at once; more wait in the kernel's queue.</summary>
    public const int MaxSessions = 16;

    private static readonly TimeSpan RetryTime = TimeSpan.FromSeconds(1);

    private readonly ControlCommand _command = new(pool, cache, time);
    private readonly SemaphoreSlim _free = new(MaxSessions);
    private readonly HashSet<Task> _sessions = [];
    private readonly CancellationTokenSource _stopping = new();
    private Socket? _listener;
    private Task _accepting = Task.CompletedTask;
    private bool _isDisposed;

    /// <summary>Opens the socket.</summary>
    /// <exception cref="StartException">It cannot be opened.</exception>
    public void Start()
    {
        _listener = ControlSocketFile.Listen(path, MaxSessions);
        _accepting = AcceptAsync(_listener);
    }

    /// <summary>Closes the socket, removes its file, and ends the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        await _stopping.CancelAsync().ConfigureAwait(false);
        _listener?.Dispose(); // removes the file, too
        await _accepting.ConfigureAwait(false);
        await Task.WhenAll(_sessions).ConfigureAwait(false);
        _command.Dispose();
        _free.Dispose();
        _stopping.Dispose();
    }

    private async Task AcceptAsync(Socket listener)
    {
        try
        {
            while (true)
            {
                await _free.WaitAsync(_stopping.Token).ConfigureAwait(false);
                Socket socket = await AcceptOneAsync(listener).ConfigureAwait(false);
                _sessions.RemoveWhere(static session => session.IsCompletedSuccessfully);
                _sessions.Add(ServeAsync(socket));
            }
        }
        catch (OperationCanceledException)
        {
            // The program stops.
        }
    }

    private async Task<Socket> AcceptOneAsync(Socket listener)
    {
        while (true)
        {
            try
            {
                return await listener.AcceptAsync(_stopping.Token).ConfigureAwait(false);
            }
            catch (SocketException e)
            {
                // No file descriptor was left, say: that passes, and the socket is needed then.
                CliLog.ControlConnectionBroke(logger, e.Message);
            }

            await Task.Delay(RetryTime, time, _stopping.Token).ConfigureAwait(false);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            await new ControlSession(socket, _command, time, logger).RunAsync(_stopping.Token).ConfigureAwait(false);
        }
        finally
        {
            _free.Release();
        }
    }
}
