using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core;
using GoAround.Core.Pool;
using GoAround.Core.Server;
using GoAround.Core.Upstream;
using Microsoft.Extensions.Logging;

namespace GoAround.Fuzz;

/// <summary>
/// A client's whole connection through the whole balancer, over real sockets, to a backend that reads with the reference reader. At the
/// backend arrive the requests that the reference reader finds in the client's bytes, no more, no fewer, none changed; where the balancer is
/// stricter it says so with an error. Every connection ends, every slot comes back, nothing is logged as an error.
/// </summary>
internal sealed class SessionTarget : IFuzzTarget
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly RecordingBackend _backend = new();
    private readonly ErrorLog _log = new();
    private readonly HashSet<string> _sent = [];
    private readonly SocketConnectionFactory _connections;
    private readonly BackendPool _pool;
    private readonly ProxyServer _server;

    private SessionTarget(ServerOptions options)
    {
        _connections = new SocketConnectionFactory(new UpstreamOptions(), TimeProvider.System);
        _pool = new BackendPool(new PoolOptions(), _connections, new AlwaysHealthy(), ProxyEvents.None, TimeProvider.System, _log.CreateLogger<BackendPool>());
        _server = new ProxyServer(options, new PoolHandler(_pool), TimeProvider.System, _log);
    }

    /// <inheritdoc/>
    public string Name => "session";

    /// <summary>Streams of which the reference reader would have read more than the balancer did.</summary>
    public int Stricter { get; private set; }

    /// <summary>Opens the balancer and the backend on free ports of this machine.</summary>
    public static async Task<SessionTarget> OpenAsync()
    {
        SessionTarget target = new(new ServerOptions { Address = IPAddress.Loopback, Port = 0 });
        await target._pool.ReplaceAsync([Backend.Parse($"http://127.0.0.1:{target._backend.Port}")], default);
        await target._server.StartAsync(default);
        return target;
    }

    /// <inheritdoc/>
    public async ValueTask<int> RunAsync(byte[] input, Random random)
    {
        SeenStream reference = ReferenceReader.Read(Encoding.Latin1.GetString(input));
        _sent.UnionWith(reference.Requests.Append(reference.Partial).Select(LineOf));
        IReadOnlyList<int> statuses;
        try
        {
            statuses = await Conversation.HoldAsync(_server.LocalEndPoint, input, reference, random);
            await UntilAllSlotsAreBackAsync();
        }
        catch (OperationCanceledException)
        {
            throw new FuzzFailure($"it hangs: {_backend.Requests.Count} requests at the backend, the reference reader finds {reference.Requests.Count} and then {reference.End}");
        }

        Check(reference, statuses);
        return HashCode.Combine(statuses.Count, statuses.Count == 0 ? 0 : statuses[^1], reference.End, reference.Requests.Count, reference.Partial is null);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync(new CancellationToken(canceled: true));
        await _server.DisposeAsync();
        await _pool.DisposeAsync();
        _connections.Dispose();
        _backend.Dispose();
        _log.Dispose();
    }

    private static string LineOf(SeenRequest? request) => $"{request?.Method} {request?.Target}";

    private async Task UntilAllSlotsAreBackAsync()
    {
        long start = Environment.TickCount64;
        while (_pool.QueueLength > 0 || _pool.GetStatus().Any(status => status.InFlight > 0))
        {
            if (Environment.TickCount64 - start > Patience.TotalMilliseconds)
            {
                throw new FuzzFailure("a slot did not come back");
            }

            await Task.Yield();
        }
    }

    private void Check(SeenStream reference, IReadOnlyList<int> statuses)
    {
        SeenRequest[] got = [.. _backend.Requests];
        _backend.Requests.Clear();
        if (_log.Errors.TryDequeue(out string? problem) || _backend.Faults.TryDequeue(out problem))
        {
            throw new FuzzFailure(problem);
        }

        string found = $"{got.Length} requests at the backend and the statuses {string.Join(' ', statuses)}; "
            + $"the reference reader: {string.Join(", ", reference.Requests)} and then {reference.End}";
        SeenRequest[] expected = [.. reference.Requests.Where((_, number) => number < statuses.Count && statuses[number] == 200)];
        if (got.Length != expected.Length || got.Length != statuses.Count(status => status == 200))
        {
            throw new FuzzFailure($"{found}; at the backend: {string.Join(", ", got.AsEnumerable())}");
        }

        for (int i = 0; i < got.Length; i++)
        {
            if (Comparison.Difference(expected[i], got[i]) is { } difference)
            {
                throw new FuzzFailure(difference);
            }
        }

        Stricter += got.Length < reference.Requests.Count ? 1 : 0;
        bool isCutShort = statuses.Count < reference.Requests.Count || reference.End == StreamEnd.Refused;
        if (isCutShort && (statuses.Count == 0 || statuses[^1] is not ((>= 400 and < 500) or 501 or 505)))
        {
            throw new FuzzFailure($"no refusal: {found}");
        }

        while (_backend.Partials.TryDequeue(out SeenRequest? partial))
        {
            if (!_sent.Contains(LineOf(partial)))
            {
                throw new FuzzFailure($"the beginning of a request came to the backend that nobody had sent: {partial}");
            }
        }
    }
}
