using System;
using System.Collections.Generic;
using GoAround.Core.Hosting;

namespace GoAround.Testing;

/// <summary>What a <see cref="TestBalancer"/> is made of.</summary>
public sealed class TestSetup
{
    /// <summary>Takes backends in memory.</summary>
    /// <param name="backends">Whom it starts with; may be none.</param>
    /// <exception cref="ArgumentNullException">They are null.</exception>
    public TestSetup(params TestBackend[] backends)
    {
        ArgumentNullException.ThrowIfNull(backends);
        Backends = [.. backends];
    }

    /// <summary>Whom it starts with; their addresses are added to those of <see cref="Options"/>.</summary>
    public IList<TestBackend> Backends { get; }

    /// <summary>The balancer's options, your steps among them; the defaults are the balancer's own.</summary>
    public GoAroundOptions Options { get; } = new();

    /// <summary>Parts of your own, such as a health checker, a cache or a recorder of events; its clock and chance are the kit's, and so are its means of transport where it has none.</summary>
    public BalancerParts Parts { get; init; } = new();

    /// <summary>The clock; several balancers may share one.</summary>
    public ManualTime Time { get; init; } = new();

    /// <summary>Whether requests reach the backends as messages or as bytes; default messages.</summary>
    public TestWire Wire { get; init; }

    /// <summary>What the balancer leaves to chance is drawn from this seed; default 1.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>The parts with those of the kit among them.</summary>
    internal BalancerParts Compose(MemoryTransport? messages, MemoryDialer? bytes) => new()
    {
        Name = Parts.Name,
        Time = Time,
        Random = new Random(Seed),
        Loggers = Parts.Loggers,
        Meters = Parts.Meters,
        Events = Parts.Events,
        Dialer = Parts.Dialer ?? bytes,
        Connections = Parts.Connections ?? messages,
        Client = Parts.Client ?? messages,
        Selection = Parts.Selection,
        HealthChecker = Parts.HealthChecker,
        HealthMonitor = Parts.HealthMonitor,
        Cache = Parts.Cache,
        Services = Parts.Services,
    };
}
