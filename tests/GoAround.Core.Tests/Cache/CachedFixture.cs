using System;
using System.Threading.Tasks;
using GoAround.Core.Cache;
using GoAround.Core.Tests.Wire;

namespace GoAround.Core.Tests.Cache;

/// <summary>A whole balancer with a cache in it, over sockets.</summary>
internal sealed class CachedFixture : IAsyncDisposable
{
    private readonly MemoryResponseCache _store;
    private ProxyFixture? _proxy;
    private CachingHandler? _handler;

    private CachedFixture(TimeProvider time)
    {
        Time = time;
        Memory = new CacheMemory(Options.SizeBytes);
        _store = new MemoryResponseCache(Memory, time);
    }

    public TimeProvider Time { get; }

    public CacheMemory Memory { get; }

    public CacheOptions Options { get; } = new() { IsEnabled = true, SizeBytes = 16 * 1024 * 1024, MaxObjectBytes = 1024 * 1024 };

    /// <summary>What was counted; not where <see cref="OpenAsync(TimeProvider, ProxyEvents, ScriptedBackend[])"/> was told to tell somebody else.</summary>
    public CacheTally Tally { get; } = new();

    public ProxyFixture Proxy => _proxy!; // opened before anybody sees this

    public CachingHandler Handler => _handler!; // likewise

    public static Task<CachedFixture> OpenAsync(params ScriptedBackend[] backends) => OpenAsync(TimeProvider.System, null, backends);

    /// <summary>Opens one whose cache, but nothing else, goes by a clock.</summary>
    public static async Task<CachedFixture> OpenAsync(TimeProvider time, ProxyEvents? events, params ScriptedBackend[] backends)
    {
        CachedFixture fixture = new(time);
        ProxyFixture.Setup setup = new();
        setup.Pool.ConnectionsPerBackend = 100;
        setup.Pool.QueueTimeout = setup.Upstream.DialTimeout = TimeSpan.FromDays(1); // no test is decided by them
        setup.Wrap = next => fixture._handler =
            new CachingHandler(next, fixture._store, fixture.Options, fixture.Memory, events ?? fixture.Tally, time, new Pool.RecordedLog<CachingHandler>(), "test");
        fixture._proxy = await ProxyFixture.OpenAsync(setup, backends);
        return fixture;
    }

    /// <summary>Every fetch is over, and what it took of the memory beside what is stored was given back.</summary>
    public async Task UntilIdleAsync(long usedBytes)
    {
        await Proxy.UntilNothingIsInFlightAsync();
        await Handler.PurgeAllAsync(default);
        await Until.TrueAsync(() => Memory.UsedBytes <= usedBytes, $"{Memory.UsedBytes} bytes are in use, not {usedBytes}");
    }

    public async ValueTask DisposeAsync()
    {
        await Handler.DisposeAsync().AsTask().WaitAsync(WireEnd.Patience);
        await Proxy.DisposeAsync();
        _store.Dispose();
    }
}
