using System;
using System.Collections.Generic;
using System.Threading;

namespace GoAround.Core.Pool;

/// <summary>
/// How many of its slots each backend may use: the one with the greatest share all of them, another as many less as its share is less. A share is
/// the weight, times what has risen of it while the backend starts slowly (docs/decisions/0015-weights-are-slots.md).
/// </summary>
/// <remarks>Under the gate of the free slots, but for the clock, which ticks only while a share rises.</remarks>
internal sealed class Shares : IDisposable
{
    private const double LeastRise = 0.01;

    private static readonly TimeSpan ShortestTick = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestTick = TimeSpan.FromSeconds(1);

    private readonly TimeSpan _slowStart;
    private readonly TimeSpan _tick;
    private readonly TimeProvider _time;
    private readonly ITimer? _clock;
    private bool _isTicking;

    /// <summary>Shares nothing out yet.</summary>
    /// <param name="slowStart">How long a share rises; zero: it does not.</param>
    /// <param name="time">The clock.</param>
    /// <param name="onTick">Called now and then while a share rises; not under the gate.</param>
    public Shares(TimeSpan slowStart, TimeProvider time, Action onTick)
    {
        _slowStart = slowStart;
        _tick = TimeSpan.FromTicks(Math.Clamp(slowStart.Ticks / 20, ShortestTick.Ticks, LongestTick.Ticks)); // HAProxy's steps
        _time = time;
        if (slowStart > TimeSpan.Zero)
        {
            _clock = time.CreateTimer(static call => ((Action)call!)(), onTick, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Sets every limit anew; true where one has changed.</summary>
    public bool Apportion(IReadOnlyList<BackendGroup> groups)
    {
        long now = _time.GetTimestamp();
        Begin(groups, now);
        double greatest = 0;
        bool isRising = false;
        foreach (BackendGroup group in groups)
        {
            greatest = Math.Max(greatest, ShareOf(group, now));
            isRising |= group.RisesSince is not null;
        }

        bool isChanged = false;
        foreach (BackendGroup group in groups)
        {
            int all = group.Slots.Count;
            int limit = group.IsServing ? Math.Clamp((int)Math.Round(all * ShareOf(group, now) / greatest), 1, all) : 0;
            isChanged |= limit != group.Limit;
            group.Limit = limit;
        }

        Tick(isRising);
        return isChanged;
    }

    /// <inheritdoc/>
    public void Dispose() => _clock?.Dispose();

    // A share rises where its backend begins to serve beside others that have served, unless it was never seen failed, draining or missing.
    private void Begin(IReadOnlyList<BackendGroup> groups, long now)
    {
        bool othersServe = false;
        foreach (BackendGroup group in groups)
        {
            othersServe |= group.WasServing && group.IsServing;
        }

        foreach (BackendGroup group in groups)
        {
            if (!group.IsServing)
            {
                group.StartsSlowly |= group.IsDraining || group.State == HealthState.Unhealthy;
                group.RisesSince = null;
            }
            else if (!group.WasServing)
            {
                group.RisesSince = _clock is not null && othersServe && group.StartsSlowly ? now : null;
            }
            else if (group.RisesSince is { } since && _time.GetElapsedTime(since, now) >= _slowStart)
            {
                group.RisesSince = null;
            }

            group.WasServing = group.IsServing;
        }
    }

    private double ShareOf(BackendGroup group, long now) =>
        !group.IsServing ? 0
        : group.RisesSince is { } since ? group.Backend.Weight * Math.Clamp(_time.GetElapsedTime(since, now) / _slowStart, LeastRise, 1)
        : group.Backend.Weight;

    private void Tick(bool isRising)
    {
        if (isRising != _isTicking)
        {
            _isTicking = isRising;
            TimeSpan period = isRising ? _tick : Timeout.InfiniteTimeSpan;
            _clock?.Change(period, period);
        }
    }
}
