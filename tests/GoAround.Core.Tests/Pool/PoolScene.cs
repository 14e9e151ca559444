using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Pool;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Core.Tests.Pool;

/// <summary>A pool over doubles that goes on on the thread pool, as in a server: for what many threads do to it at once, and for what no backend of the test kit answers.</summary>
internal sealed class PoolScene : IAsyncDisposable
{
    public static readonly Backend A = Backend.Parse("http://10.0.0.1:80");
    public static readonly Backend B = Backend.Parse("http://10.0.0.2:80");
    public static readonly Backend C = Backend.Parse("http://10.0.0.3:80");

    private PoolScene(PoolOptions options, SelectionPolicy? policy)
    {
        Pool = new BackendPool(options, World, World, Events, Time, NullLogger<BackendPool>.Instance, policy);
    }

    public ScriptedBackends World { get; } = new();

    public RecordedEvents Events { get; } = new();

    public FakeTimeProvider Time { get; } = new();

    public BackendPool Pool { get; }

    public static PoolOptions Options(int n) => new() { ConnectionsPerBackend = n };

    public static Task<PoolScene> OpenAsync(PoolOptions options, params Backend[] backends) => OpenAsync(options, null, backends);

    public static async Task<PoolScene> OpenAsync(PoolOptions options, SelectionPolicy? policy, params Backend[] backends)
    {
        PoolScene scene = new(options, policy);
        await scene.Pool.ReplaceAsync(backends, default);
        return scene;
    }

    public Task<ProxyResponse> FetchAsync(string method = "GET", CancellationToken cancellationToken = default) =>
        Pool.FetchAsync(new ProxyRequest(method, "/"), cancellationToken).AsTask();

    public async Task<ProxyResponse> FetchAndDisposeAsync(string method = "GET")
    {
        ProxyResponse response = await FetchAsync(method);
        await response.DisposeAsync();
        return response;
    }

    /// <summary>Takes every slot there is, counts them by backend, and gives them back: none was lost, none was doubled.</summary>
    public async Task<Dictionary<Backend, int>> CountSlotsAsync(int expected)
    {
        List<ProxyResponse> held = [];
        World.Send = (_, _, _) => new(new ProxyResponse());
        for (int i = 0; i < expected; i++)
        {
            Task<ProxyResponse> fetch = FetchAsync();
            Assert.True(fetch.IsCompletedSuccessfully, $"slot {i} of {expected} is missing");
            held.Add(await fetch);
        }

        Task<ProxyResponse> oneTooMany = FetchAsync();
        Assert.False(oneTooMany.IsCompleted, "there is a slot too many");
        Dictionary<Backend, int> counts = held.GroupBy(response => response.Backend!).ToDictionary(group => group.Key, group => group.Count());
        foreach (ProxyResponse response in held)
        {
            await response.DisposeAsync();
        }

        await (await oneTooMany).DisposeAsync();
        return counts;
    }

    public static BackendException Failure(
        BackendFailureStage stage = BackendFailureStage.Dial, BackendFailureKind kind = BackendFailureKind.Disconnected, bool stale = false) =>
        new(stage, kind, "scripted") { WasStale = stale };

    public ValueTask DisposeAsync() => Pool.DisposeAsync();
}
