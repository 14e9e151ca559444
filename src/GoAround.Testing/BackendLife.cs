using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Testing;

/// <summary>When a test backend lives, and who waits for it and must be told when it dies.</summary>
internal sealed class BackendLife
{
    private readonly List<(TimeSpan Moment, bool IsAlive)> _switches = [];
    private readonly List<ITimer> _timers = []; // referenced as long as they shall fire
    private readonly List<Wait> _waits = []; // in the order they began, in which they are told
    private ManualTime? _time;
    private (Random Random, TimeSpan Up, TimeSpan Down)? _flapping;

    /// <summary>It runs.</summary>
    public bool IsAlive { get; private set; } = true;

    /// <summary>How often it died: who came before the latest death was reset.</summary>
    public int Deaths { get; private set; }

    /// <summary>Called with each death, after the waits were ended.</summary>
    public event Action? Died;

    /// <summary>The clock.</summary>
    /// <exception cref="InvalidOperationException">It has none yet.</exception>
    public ManualTime Time => _time ?? throw new InvalidOperationException("This test backend belongs to no balancer yet.");

    /// <summary>Starts to live by a clock.</summary>
    public void Begin(ManualTime time)
    {
        if (_time == time)
        {
            return;
        }

        if (_time is not null)
        {
            throw new InvalidOperationException("A test backend belongs to one clock: make another one.");
        }

        _time = time;
        foreach ((TimeSpan moment, bool isAlive) in _switches)
        {
            Plan(moment, isAlive);
        }

        FlapOnce();
    }

    /// <summary>Lives, or not, from a moment on.</summary>
    public void Switch(TimeSpan moment, bool isAlive)
    {
        _switches.Add((moment, isAlive));
        if (_time is not null)
        {
            Plan(moment, isAlive);
        }
    }

    /// <summary>Dies and comes back by chance.</summary>
    public void Flap(Random random, TimeSpan up, TimeSpan down)
    {
        _flapping = (random, up, down);
        FlapOnce();
    }

    /// <summary>Lives, or not, from now on.</summary>
    public void Change(bool isAlive)
    {
        if (IsAlive == isAlive)
        {
            return;
        }

        IsAlive = isAlive;
        if (isAlive)
        {
            return;
        }

        Deaths++;
        Wait[] ended = [.. _waits];
        _waits.Clear();
        if (_time is null)
        {
            return;
        }

        // Not here and now: whoever is told goes on at once, and may be anybody.
        _time.Enqueue(
            _ =>
            {
                foreach (Wait wait in ended)
                {
                    wait.End(WaitEnd.Died);
                }

                Died?.Invoke();
            },
            null);
    }

    /// <summary>Lets time pass for somebody; zero passes at once, <see cref="Timeout.InfiniteTimeSpan"/> never.</summary>
    public ValueTask<WaitEnd> WaitAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return new(WaitEnd.Cancelled);
        }

        return time != TimeSpan.Zero ? new(WaitLongAsync(time, cancellationToken)) : new(WaitEnd.Passed);
    }

    private async Task<WaitEnd> WaitLongAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        Wait wait = new();
        _waits.Add(wait);
        try
        {
            using ITimer timer = Time.CreateTimer(static wait => ((Wait)wait!).End(WaitEnd.Passed), wait, time, Timeout.InfiniteTimeSpan);
            using CancellationTokenRegistration leaving = cancellationToken.UnsafeRegister(static wait => ((Wait)wait!).End(WaitEnd.Cancelled), wait);
            return await wait.Task.ConfigureAwait(false);
        }
        finally
        {
            _waits.Remove(wait);
        }
    }

    private void Plan(TimeSpan moment, bool isAlive)
    {
        TimeSpan left = moment - Time.Elapsed;
        _timers.Add(Time.CreateTimer(_ => Change(isAlive), null, left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan));
    }

    private void FlapOnce()
    {
        if (_flapping is not { } flapping || _time is null)
        {
            return;
        }

        TimeSpan stay = (IsAlive ? flapping.Up : flapping.Down) * (0.5 + flapping.Random.NextDouble());
        _timers.Clear();
        _timers.Add(_time.CreateTimer(
            _ =>
            {
                Change(!IsAlive);
                FlapOnce();
            },
            null,
            stay,
            Timeout.InfiniteTimeSpan));
    }

    /// <summary>One who waits.</summary>
    private sealed class Wait
    {
        private readonly TaskCompletionSource<WaitEnd> _end = new();

        public Task<WaitEnd> Task => _end.Task;

        public void End(WaitEnd end) => _end.TrySetResult(end);
    }
}
