using System;
using System.Linq;
using System.Net.Http;
using System.Threading.Tasks;
using GoAround.Core.Hosting;
using GoAround.Core.Tests.Pool;
using GoAround.Core.Tests.Wire;

namespace GoAround.Core.Tests.Outgoing;

/// <summary>An HttpClient over a balancer whose backends are all healthy, unasked.</summary>
internal sealed class OutgoingFixture : IAsyncDisposable
{
    private readonly ScriptedBackends _health = new();

    public OutgoingFixture(params ScriptedBackend[] backends)
        : this(null, null, backends)
    {
    }

    public OutgoingFixture(Action<GoAroundOptions>? configure, TimeProvider? time, params ScriptedBackend[] backends)
    {
        GoAroundOptions options = new();
        foreach (ScriptedBackend backend in backends)
        {
            options.Backends.Add(backend.Backend.Address);
        }

        // No test is decided by them: neither by a machine that is busy, nor by manual time that runs on while sockets do real work.
        options.Upstream.DialTimeout = options.Upstream.TlsTimeout = TimeSpan.FromDays(1);
        options.Pool.QueueTimeout = TimeSpan.FromHours(1);
        configure?.Invoke(options);
        Balancer = new Balancer(options, new BalancerParts { HealthMonitor = _health, Time = time, Events = Events });
        Invoker = new HttpMessageInvoker(new BalancingHttpHandler(Balancer));
        Client = new HttpClient(new BalancingHttpHandler(Balancer)) { BaseAddress = new Uri("http://orders/") };
    }

    public RecordedTraffic Events { get; } = new();

    public Balancer Balancer { get; }

    public HttpClient Client { get; }

    /// <summary>Sends with nothing of HttpClient in between.</summary>
    public HttpMessageInvoker Invoker { get; }

    public Task UntilNothingIsInFlightAsync() =>
        Until.TrueAsync(() => Balancer.Pool.GetStatus().All(status => status.InFlight == 0), "a slot did not come back");

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Invoker.Dispose();
        await Balancer.DisposeAsync().AsTask().WaitAsync(WireEnd.Patience); // where a test has failed, one of its calls may hang for ever
        await _health.DisposeAsync();
    }
}
