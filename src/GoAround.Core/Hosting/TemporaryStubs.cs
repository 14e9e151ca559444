// TEMPORARY: stands in for Hosting, Server and Pool on branch w-cli only. The integrator deletes this file.
#pragma warning disable
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Http;
using GoAround.Core.Observability;
using GoAround.Core.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace GoAround.Core.Server
{
    public sealed class ProxyServer(ServerOptions options, ProxyHandler handler, TimeProvider time, ILoggerFactory loggers, ProxyEvents? events = null) : IAsyncDisposable
    {
        private readonly ProxyEvents _events = events ?? ProxyEvents.None;
        private Socket? _listener;
        private Task? _accepting;

        public IPEndPoint LocalEndPoint => (IPEndPoint)_listener!.LocalEndPoint!;

        public Task StartAsync(CancellationToken cancellationToken)
        {
            _listener = new Socket(options.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (options.Address.AddressFamily == AddressFamily.InterNetworkV6) _listener.DualMode = true;
            _listener.Bind(new IPEndPoint(options.Address, options.Port));
            _listener.Listen(options.Backlog);
            _accepting = AcceptAsync();
            return Task.CompletedTask;
        }

        public async Task StopAsync(CancellationToken cancellationToken)
        {
            _listener?.Dispose();
            if (_accepting is not null) await _accepting;
        }

        public async ValueTask DisposeAsync() => await StopAsync(default);

        private async Task AcceptAsync()
        {
            try { while (true) _ = ServeAsync(await _listener!.AcceptAsync()); }
            catch (SocketException) { }
            catch (ObjectDisposedException) { }
        }

        private async Task ServeAsync(Socket socket)
        {
            _events.ConnectionOpened();
            using NetworkStream stream = new(socket, ownsSocket: true);
            byte[] buffer = new byte[32768];
            int length = 0;
            try
            {
                while (true)
                {
                    int end;
                    while ((end = buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8)) < 0)
                    {
                        int n = await stream.ReadAsync(buffer.AsMemory(length));
                        if (n == 0) { _events.ConnectionClosed(); return; }
                        length += n;
                    }
                    long from = time.GetTimestamp();
                    _events.RequestStarted();
                    string[] lines = Encoding.Latin1.GetString(buffer, 0, end).Split("\r\n");
                    string[] words = lines[0].Split(' ');
                    ProxyRequest request = new(words[0], words[1]);
                    foreach (string line in lines.Skip(1))
                    {
                        int colon = line.IndexOf(':');
                        request.Fields.Add(line[..colon], line[(colon + 1)..].Trim());
                    }
                    buffer.AsSpan(end + 4, length - end - 4).CopyTo(buffer);
                    length -= end + 4;
                    int status;
                    await using (ProxyResponse response = await handler.HandleAsync(request, default))
                    {
                        status = response.StatusCode;
                        StringBuilder head = new($"HTTP/1.1 {status} X\r\n");
                        foreach (var (name, value) in response.Fields.ToPairs()) head.Append($"{name}: {value}\r\n");
                        head.Append($"Content-Length: {response.ContentLength ?? response.Body.Length}\r\n\r\n");
                        await stream.WriteAsync(Encoding.Latin1.GetBytes(head.ToString()));
                        ReadOnlyMemory<byte> piece;
                        while ((piece = await response.Body.ReadAsync(default)).Length > 0) await stream.WriteAsync(piece);
                    }
                    _events.RequestEnded(request, status, time.GetElapsedTime(from));
                }
            }
            catch (IOException) { _events.ConnectionClosed(); }
        }
    }
}

namespace GoAround.Core.Hosting
{
    public static class GoAroundServiceCollectionExtensions
    {
        public static IServiceCollection AddGoAround(this IServiceCollection services, Action<GoAroundOptions> configure)
        {
            services.Configure(configure);
            services.TryAddSingleton(TimeProvider.System);
            services.TryAddSingleton<GoAroundMeter>(_ => new GoAroundMeter());
            services.TryAddSingleton<ProxyEvents>(p => p.GetRequiredService<GoAroundMeter>());
            services.TryAddSingleton<StubPool>();
            services.TryAddSingleton<IBackendPool>(p => p.GetRequiredService<StubPool>());
            services.TryAddSingleton<IConnectionFactory>(p => p.GetRequiredService<StubPool>());
            services.TryAddSingleton<ProxyHandler>(p => new TracingHandler(p.GetRequiredService<StubPool>()));
            services.TryAddSingleton(p => new ProxyServer(p.GetRequiredService<IOptions<GoAroundOptions>>().Value.Server, p.GetRequiredService<ProxyHandler>(),
                p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILoggerFactory>(), p.GetRequiredService<ProxyEvents>()));
            services.AddSingleton<IHostedService, StubService>();
            return services;
        }
    }

    internal sealed class StubService(ProxyServer server, GoAroundMeter meter, IBackendPool pool, IConnectionFactory connections, IOptions<GoAroundOptions> options) : IHostedService
    {
        public async Task StartAsync(CancellationToken cancellationToken)
        {
            meter.Observe(pool, connections);
            await pool.ReplaceAsync([.. options.Value.Backends.Select(Backend.Parse)], cancellationToken);
            await server.StartAsync(cancellationToken);
        }

        public Task StopAsync(CancellationToken cancellationToken) => server.StopAsync(cancellationToken);
    }

    internal sealed class StubPool(ProxyEvents events) : ProxyHandler, IBackendPool, IConnectionFactory
    {
        private int _next;
        public IReadOnlyList<Backend> Backends { get; private set; } = [];
        public int QueueLength => 0;
        public ValueTask DisposeAsync() => default;
        public IReadOnlyList<BackendStatus> GetStatus() => [.. Backends.Select(b => new BackendStatus(b, HealthState.Healthy, 0))];
        public Task WaitForFirstCheckAsync(CancellationToken cancellationToken) => Task.CompletedTask;
        public override ValueTask<ProxyResponse> HandleAsync(ProxyRequest request, CancellationToken cancellationToken) => FetchAsync(request, cancellationToken);
        public ValueTask<BackendChange> ReplaceAsync(IReadOnlyCollection<Backend> backends, CancellationToken cancellationToken)
        {
            Backend[] now = [.. backends.Distinct()];
            BackendChange change = new(now.Length, now.Except(Backends).Count(), Backends.Except(now).Count());
            Backends = now;
            return new(change);
        }

        public async ValueTask<ProxyResponse> FetchAsync(ProxyRequest request, CancellationToken cancellationToken)
        {
            if (Backends.Count == 0)
            {
                events.Fetched(0);
                return ProxyResponse.Unavailable("no backend is available\n", TimeSpan.FromSeconds(1));
            }

            Backend backend = Backends[_next++ % Backends.Count];
            using TcpClient client = new(backend.Host, backend.Port);
            using NetworkStream stream = client.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET {Encoding.ASCII.GetString(request.Target.Span)} HTTP/1.1\r\nHost: {backend.Authority}\r\n\r\n"));
            byte[] buffer = new byte[65536];
            int n = await stream.ReadAsync(buffer);
            await Task.Delay(5);
            if (stream.DataAvailable) n += await stream.ReadAsync(buffer.AsMemory(n));
            string text = Encoding.Latin1.GetString(buffer, 0, n);
            events.AttemptEnded(backend, request, 200, TimeSpan.FromMilliseconds(1), null);
            events.Fetched(1);
            return ProxyResponse.FromText(200, text[(text.IndexOf("\r\n\r\n") + 4)..]);
        }

        public IConnection Create(Backend backend, IHealthSubscription health) => throw new NotSupportedException();
        public void Retire(Backend backend) { }
        public SocketCount CountSockets(Backend backend) => default;
    }
}
