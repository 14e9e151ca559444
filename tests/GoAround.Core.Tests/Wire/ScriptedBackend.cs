using System;
using System.Collections.Concurrent;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Core.Tests.Wire;

/// <summary>A backend on a free port of this machine whose every byte a test scripts: connection by connection, or one script for all.</summary>
internal sealed class ScriptedBackend : IDisposable
{
    private readonly HeldPort? _held;
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<WireEnd> _links = [];
    private int _accepted;

    public ScriptedBackend(string scheme = "http", string path = "", IPEndPoint? at = null)
    {
        _held = at is null ? new HeldPort() : null;
        _listener.Bind(at ?? new IPEndPoint(IPAddress.Loopback, _held!.Number));
        _listener.Listen(512);
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        Backend = Backend.Parse($"{scheme}://{at?.Address ?? IPAddress.Loopback}:{Port}{path}");
    }

    public int Port { get; }

    public Backend Backend { get; }

    /// <summary>How many connections were accepted.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>A connection waits to be accepted.</summary>
    public bool IsAsked => _listener.Poll(0, SelectMode.SelectRead);

    /// <summary>The heads that <see cref="Answer"/> has read, in order.</summary>
    public ConcurrentQueue<string> Heads { get; } = new();

    /// <summary>What went wrong in a script that runs on its own.</summary>
    public ConcurrentQueue<Exception> Faults { get; } = new();

    /// <summary>Waits for the next connection.</summary>
    public async Task<WireEnd> AcceptAsync()
    {
        Socket socket = await _listener.AcceptAsync(_stop.Token).AsTask().WaitAsync(WireEnd.Patience);
        Interlocked.Increment(ref _accepted);
        WireEnd link = new(socket);
        _links.Add(link);
        return link;
    }

    /// <summary>Runs one script on every connection, from now on.</summary>
    public ScriptedBackend Serve(Func<WireEnd, Task> script)
    {
        _ = Task.Run(async () =>
        {
            try
            {
                while (true)
                {
                    Socket socket = await _listener.AcceptAsync(_stop.Token);
                    Interlocked.Increment(ref _accepted);
                    WireEnd link = new(socket);
                    _links.Add(link);
                    _ = RunAsync(script, link);
                }
            }
            catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                // The test is over.
            }
        });
        return this;
    }

    /// <summary>Answers every request without a body, on every connection, with these bytes.</summary>
    public ScriptedBackend Answer(string response) => Serve(async link =>
    {
        while (await link.TryReadHeadAsync() is { } head)
        {
            Heads.Enqueue(head);
            await link.SendAsync(response);
        }
    });

    /// <summary>Refuses connections from now on; nobody else gets the port.</summary>
    public void StopListening() => _listener.Dispose();

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        _held?.Dispose();
        foreach (WireEnd link in _links)
        {
            link.Dispose();
        }

        _stop.Dispose();
    }

    private async Task RunAsync(Func<WireEnd, Task> script, WireEnd link)
    {
        try
        {
            await script(link);
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or SocketException)
        {
            // The other side closed, or the test is over.
        }
        catch (Exception error)
        {
            Faults.Enqueue(error);
        }
    }
}
