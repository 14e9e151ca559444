using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using GoAround.Testing;
using Xunit;

namespace GoAround.Core.Tests.Pool;

/// <summary>A balancer of the test kit that is driven by a seeded stream of random steps, and what must be true of its pool after each.</summary>
internal sealed class PoolModel(TestBalancer balancer, ManualHealth health, TestBackend[] all, int connectionsPerBackend, int seed)
{
    private const string TimeStep = "a second passes";

    private readonly Random _random = new(seed);
    private readonly List<(HeldRequest Request, int Generation)> _held = [];
    private readonly List<HeldRequest> _waiting = [];
    private readonly List<(Task Emptied, TestBackend Backend, int Generation)> _drains = [];
    private readonly Dictionary<Backend, int> _generations = all.ToDictionary(backend => backend.Backend, _ => 0);
    private readonly List<string> _steps = [];
    private readonly List<Backend> _justTaken = [];

    /// <summary>Does one random step and checks everything.</summary>
    public async Task StepAsync()
    {
        TestBackend backend = all[_random.Next(all.Length)];
        bool isThere = balancer.Pool.Backends.Contains(backend.Backend);
        switch (_random.Next(16))
        {
            case < 5:
                Note("fetch");
                _waiting.Add(balancer.Hold());
                break;
            case < 10 when _held.Count > 0:
                int index = _random.Next(_held.Count);
                Note($"end of {_held[index].Request.Backend}");
                HeldRequest request = _held[index].Request;
                _held.RemoveAt(index);
                request.End();
                break;
            case 10:
                await ReplaceAsync();
                break;
            case 11 or 12 when isThere:
                HealthState state = _random.Next(3) == 0 ? HealthState.Unhealthy : HealthState.Healthy;
                Note($"{backend} {state}");
                health.Set(backend.Backend, state);
                break;
            case 13 when isThere:
                Note($"drain {backend}");
                _drains.Add((balancer.BeginDrain(backend), backend, _generations[backend.Backend]));
                break;
            case 14:
                Note($"resume {backend}");
                balancer.EndDrain(backend);
                break;
            default:
                Note(TimeStep);
                balancer.Advance(TimeSpan.FromSeconds(1));
                break;
        }

        _justTaken.Clear();
        Collect();
        Check();
    }

    /// <summary>Ends everything, and checks that all slots are there.</summary>
    public async Task FinishAsync()
    {
        await balancer.ReplaceAsync(all);
        foreach (TestBackend backend in all)
        {
            balancer.EndDrain(backend);
            health.Set(backend.Backend, HealthState.Healthy);
        }

        do
        {
            foreach ((HeldRequest request, _) in _held)
            {
                request.End();
            }

            _held.Clear();
            balancer.Advance(TimeSpan.FromMinutes(1));
            Collect();
        }
        while (_held.Count + _waiting.Count > 0);

        Assert.All(_drains, drain => Assert.True(drain.Emptied.IsCompleted, Story("a drain never ended")));
        balancer.ExpectSlots(connectionsPerBackend, all);
    }

    private async Task ReplaceAsync()
    {
        Backend[] next = [.. all.Where(_ => _random.Next(4) > 0).Select(backend => backend.Backend.WithWeight(_random.Next(1, 5)))];
        Note("replace by " + string.Join(' ', next.Select(backend => $"{backend}*{backend.Weight}")));
        foreach (Backend gone in balancer.Pool.Backends.Where(backend => !next.Contains(backend)))
        {
            _generations[gone]++;
        }

        await balancer.RunAsync(() => balancer.Pool.ReplaceAsync(next, default).AsTask());
    }

    private void Collect()
    {
        for (int i = _waiting.Count - 1; i >= 0; i--)
        {
            HeldRequest request = _waiting[i];
            if (request.Answer is not { } answer)
            {
                continue;
            }

            _waiting.RemoveAt(i);
            if (answer.Backend is { } backend)
            {
                Assert.True(answer.StatusCode == 200, Story("a backend answers 200"));
                Assert.True(!balancer.StatusOf(TestOf(backend)).IsDraining, Story("a draining backend took a request"));
                _held.Add((request, _generations[backend]));
                _justTaken.Add(backend);
            }
            else
            {
                Assert.True(answer.StatusCode == 503, Story("without a backend it is 503"));
                request.End();
            }
        }
    }

    private void Check()
    {
        PoolStatus status = balancer.Pool.GetStatus();
        Assert.True(status.QueueLength == _waiting.Count, Story("the line is as long as who waits"));
        foreach (TestBackend backend in all)
        {
            int carried = _held.Count(held => backend.Backend.Equals(held.Request.Backend));
            Assert.True(carried <= connectionsPerBackend, Story($"{backend} carries {carried}"));
            Assert.True(backend.InFlight == carried, Story($"{backend} counts {backend.InFlight} and not {carried}"));
        }

        bool mayWait = false;
        foreach (BackendStatus one in status)
        {
            int carried = _held.Count(held => one.Backend.Equals(held.Request.Backend));
            int older = _held.Count(held => one.Backend.Equals(held.Request.Backend) && held.Generation < _generations[one.Backend]);
            Assert.True(one.InFlight == carried, Story($"{one.Backend} says it carries {one.InFlight} and not {carried}"));
            bool serves = one.State == HealthState.Healthy && !one.IsDraining;
            Assert.True(serves ? one.Limit >= 1 && one.Limit <= connectionsPerBackend : one.Limit == 0, Story($"{one.Backend} has limit {one.Limit}"));
            mayWait |= serves;

            // One that was taken just now is within the limit; within one step of time the limits may have changed several times.
            Assert.True(
                carried - older <= one.Limit || !_justTaken.Contains(one.Backend) || _steps[^1] == TimeStep, Story($"{one.Backend} took more than its limit {one.Limit}"));

            // The heart of it: who waits while a slot could be had shows that one was lost.
            int room = Math.Min(one.Limit, connectionsPerBackend - older) - (carried - older);
            Assert.True(!serves || _waiting.Count == 0 || room <= 0, Story($"{one.Backend} has room for {room}, and {_waiting.Count} wait"));
        }

        Assert.True(mayWait || _waiting.Count == 0, Story("nobody waits for nobody"));
        Assert.True(!mayWait || status.Any(one => one.Limit == connectionsPerBackend), Story("the greatest share is whole"));
        CheckDrains();
    }

    private void CheckDrains()
    {
        foreach ((Task emptied, TestBackend backend, int generation) in _drains)
        {
            bool carries = _held.Any(held => backend.Backend.Equals(held.Request.Backend) && held.Generation <= generation);
            bool isDraining = _generations[backend.Backend] > generation || (balancer.Pool.Backends.Contains(backend.Backend) && balancer.StatusOf(backend).IsDraining);
            Assert.True(emptied.IsCompleted || carries, Story($"the drain of {backend} has not ended, and it carries nothing"));
            Assert.True(!emptied.IsCompletedSuccessfully || !isDraining || !carries, Story($"{backend} is said to be empty, and carries something"));
        }

        _drains.RemoveAll(drain => drain.Emptied.IsCompleted);
    }

    private TestBackend TestOf(Backend backend) => Array.Find(all, one => one.Backend.Equals(backend))!; // all there are

    private void Note(string step) => _steps.Add(step);

    private string Story(string fault) => $"seed {seed}, step {_steps.Count}: {fault}\n{string.Join('\n', _steps.TakeLast(20))}";
}
