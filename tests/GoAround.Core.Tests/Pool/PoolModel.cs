using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Xunit;

namespace GoAround.Core.Tests.Pool;

/// <summary>A pool that is driven by a seeded stream of random steps on one thread, and what must be true of it after each.</summary>
internal sealed class PoolModel(PoolScene scene, int connectionsPerBackend, int seed)
{
    private const string TimeStep = "a second passes";

    private static readonly Backend[] All = [PoolScene.A, PoolScene.B, PoolScene.C];

    private readonly Random _random = new(seed);
    private readonly List<(ProxyResponse Response, int Generation)> _held = [];
    private readonly List<Task<ProxyResponse>> _waiting = [];
    private readonly List<(Task Emptied, Backend Backend, int Generation)> _drains = [];
    private readonly Dictionary<Backend, int> _generations = All.ToDictionary(backend => backend, _ => 0);
    private readonly List<string> _steps = [];
    private readonly List<Backend> _justTaken = [];

    /// <summary>Does one random step and checks everything.</summary>
    public async Task StepAsync()
    {
        Backend backend = All[_random.Next(All.Length)];
        bool isThere = scene.Pool.Backends.Contains(backend);
        switch (_random.Next(16))
        {
            case < 5:
                Note("fetch");
                _waiting.Add(scene.FetchAsync());
                break;
            case < 10 when _held.Count > 0:
                int index = _random.Next(_held.Count);
                Note($"end of {_held[index].Response.Backend}");
                ProxyResponse response = _held[index].Response;
                _held.RemoveAt(index);
                await response.DisposeAsync();
                break;
            case 10:
                await ReplaceAsync();
                break;
            case 11 or 12 when isThere:
                HealthState state = _random.Next(3) == 0 ? HealthState.Unhealthy : HealthState.Healthy;
                Note($"{backend} {state}");
                scene.World.HealthOf(backend).Push(state);
                break;
            case 13 when isThere:
                Note($"drain {backend}");
                _drains.Add((scene.Pool.DrainAsync(backend, default), backend, _generations[backend]));
                break;
            case 14:
                Note($"resume {backend}");
                scene.Pool.EndDrain(backend);
                break;
            default:
                Note(TimeStep);
                scene.Time.Advance(TimeSpan.FromSeconds(1));
                break;
        }

        _justTaken.Clear();
        await CollectAsync();
        Check();
    }

    /// <summary>Ends everything, and checks that all slots are there.</summary>
    public async Task FinishAsync()
    {
        await scene.Pool.ReplaceAsync(All, default);
        foreach (Backend backend in All)
        {
            scene.Pool.EndDrain(backend);
            scene.World.HealthOf(backend).Push(HealthState.Healthy);
        }

        do
        {
            foreach ((ProxyResponse response, _) in _held)
            {
                await response.DisposeAsync();
            }

            _held.Clear();
            scene.Time.Advance(TimeSpan.FromMinutes(1));
            await CollectAsync();
        }
        while (_held.Count + _waiting.Count > 0);

        Assert.All(_drains, drain => Assert.True(drain.Emptied.IsCompleted, Story("a drain never ended")));
        Dictionary<Backend, int> slots = await scene.CountSlotsAsync(All.Length * connectionsPerBackend);
        Assert.All(slots.Values, count => Assert.Equal(connectionsPerBackend, count));
    }

    private async Task ReplaceAsync()
    {
        Backend[] next = [.. All.Where(_ => _random.Next(4) > 0).Select(backend => backend.WithWeight(_random.Next(1, 5)))];
        Note("replace by " + string.Join(' ', next.Select(backend => $"{backend}*{backend.Weight}")));
        foreach (Backend gone in scene.Pool.Backends.Where(backend => !next.Contains(backend)))
        {
            _generations[gone]++;
        }

        await scene.Pool.ReplaceAsync(next, default);
    }

    private async Task CollectAsync()
    {
        for (int i = _waiting.Count - 1; i >= 0; i--)
        {
            if (_waiting[i].IsCompleted)
            {
                ProxyResponse response = await _waiting[i];
                _waiting.RemoveAt(i);
                if (response.Backend is { } backend)
                {
                    Assert.True(response.StatusCode == 200, Story("a backend answers 200"));
                    Assert.True(!scene.StatusOf(backend).IsDraining, Story("a draining backend took a request"));
                    _held.Add((response, _generations[backend]));
                    _justTaken.Add(backend);
                }
                else
                {
                    Assert.True(response.StatusCode == 503, Story("without a backend it is 503"));
                    await response.DisposeAsync();
                }
            }
        }
    }

    private void Check()
    {
        PoolStatus status = scene.Pool.GetStatus();
        Assert.True(status.QueueLength == _waiting.Count, Story("the line is as long as who waits"));
        foreach (Backend backend in All)
        {
            int carried = _held.Count(held => backend.Equals(held.Response.Backend));
            Assert.True(carried <= connectionsPerBackend, Story($"{backend} carries {carried}"));
        }

        bool mayWait = false;
        foreach (BackendStatus one in status)
        {
            int carried = _held.Count(held => one.Backend.Equals(held.Response.Backend));
            int older = _held.Count(held => one.Backend.Equals(held.Response.Backend) && held.Generation < _generations[one.Backend]);
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
        foreach ((Task emptied, Backend backend, int generation) in _drains)
        {
            bool carries = _held.Any(held => backend.Equals(held.Response.Backend) && held.Generation <= generation);
            bool isDraining = _generations[backend] > generation || (scene.Pool.Backends.Contains(backend) && scene.StatusOf(backend).IsDraining);
            Assert.True(emptied.IsCompleted || carries, Story($"the drain of {backend} has not ended, and it carries nothing"));
            Assert.True(!emptied.IsCompletedSuccessfully || !isDraining || !carries, Story($"{backend} is said to be empty, and carries something"));
        }

        _drains.RemoveAll(drain => drain.Emptied.IsCompleted);
    }

    private void Note(string step) => _steps.Add(step);

    private string Story(string fault) => $"seed {seed}, step {_steps.Count}: {fault}\n{string.Join('\n', _steps.TakeLast(20))}";
}
