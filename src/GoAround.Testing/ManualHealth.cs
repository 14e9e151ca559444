using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core;

namespace GoAround.Testing;

/// <summary>
/// Health that a test sets by hand, where it does not matter to it why a backend is healthy: given as <see cref="Core.Hosting.BalancerParts.HealthMonitor"/> it takes the place of
/// all checks, so that a backend changes at one moment and no time passes. Safe for concurrent use.
/// </summary>
/// <example>
/// <code>
/// ManualTime time = new();
/// ManualHealth health = new(time);
/// TestSetup setup = new(a, b) { Time = time, Parts = new BalancerParts { HealthMonitor = health, Selection = new MyPolicy() } };
/// await using TestBalancer balancer = await TestBalancer.StartAsync(setup);
/// health.Set(b.Backend, HealthState.Unhealthy);
/// </code>
/// </example>
public sealed class ManualHealth : IHealthMonitor
{
    private readonly Lock _gate = new();
    private readonly HealthState _initial;
    private readonly Dictionary<Backend, HealthReport> _known = [];
    private readonly List<ManualSubscription> _subscriptions = [];
    private readonly List<(Backend Backend, string Reason)> _suspicions = [];

    /// <summary>Makes it.</summary>
    /// <param name="time">The clock of the balancer.</param>
    /// <param name="initial">How every backend is that was not set; default healthy; unknown: as before its first check.</param>
    /// <exception cref="ArgumentNullException">There is no clock.</exception>
    public ManualHealth(ManualTime time, HealthState initial = HealthState.Healthy)
    {
        ArgumentNullException.ThrowIfNull(time);
        Time = time;
        _initial = initial;
    }

    /// <summary>The clock.</summary>
    public ManualTime Time { get; }

    /// <summary>A backend is healthy, or not, from now on, and stays so while it is removed and added again. Returns when nothing is left to run; called by what the clock runs, at once.</summary>
    /// <param name="backend">Any; its weight does not matter.</param>
    /// <param name="state">Healthy or unhealthy; what it is already changes nothing.</param>
    /// <param name="reason">Why, as <see cref="BackendStatus.Reason"/> tells it; default <c>by hand</c>.</param>
    /// <exception cref="ArgumentNullException">There is no backend, or no reason.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The state is unknown.</exception>
    public void Set(Backend backend, HealthState state, string reason = "by hand")
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(reason);
        ArgumentOutOfRangeException.ThrowIfEqual(state, HealthState.Unknown);
        lock (_gate)
        {
            if (Find(backend).State == state)
            {
                return;
            }

            HealthReport report = new(state, reason);
            _known[backend] = report;
            foreach (ManualSubscription subscription in _subscriptions)
            {
                if (subscription.Backend.Equals(backend))
                {
                    subscription.Push(report);
                }
            }
        }

        if (!Time.IsInside)
        {
            Time.RunUntilIdle();
        }
    }

    /// <summary>Why the balancer took a backend for broken, once for each attempt that did not reach it; in order.</summary>
    /// <param name="backend">Any.</param>
    public IReadOnlyList<string> SuspicionsOf(Backend backend)
    {
        lock (_gate)
        {
            return [.. _suspicions.FindAll(suspicion => suspicion.Backend.Equals(backend)).ConvertAll(suspicion => suspicion.Reason)];
        }
    }

    /// <summary>Whether the balancer still asks for the health of a backend: not once it was removed, or the balancer was disposed.</summary>
    /// <param name="backend">Any.</param>
    public bool IsWatched(Backend backend)
    {
        lock (_gate)
        {
            return _subscriptions.Exists(subscription => subscription.Backend.Equals(backend));
        }
    }

    /// <inheritdoc/>
    public IHealthSubscription Subscribe(Backend backend)
    {
        ArgumentNullException.ThrowIfNull(backend);
        lock (_gate)
        {
            ManualSubscription subscription = new(this, Time, backend, Find(backend));
            _subscriptions.Add(subscription);
            return subscription;
        }
    }

    /// <summary>Does nothing: it holds nothing.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Keeps a suspicion.</summary>
    internal void Note(Backend backend, string reason)
    {
        lock (_gate)
        {
            _suspicions.Add((backend, reason));
        }
    }

    /// <summary>Forgets a subscription.</summary>
    internal void Remove(ManualSubscription subscription)
    {
        lock (_gate)
        {
            _subscriptions.Remove(subscription);
        }
    }

    private HealthReport Find(Backend backend) => _known.TryGetValue(backend, out HealthReport known) ? known : new HealthReport(_initial, "by hand");
}
