using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using GoAround.Core.Cache;
using GoAround.Core.Tests.Pool;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace GoAround.Core.Tests.Cache.Conformance;

/// <summary>The whole chain with the cache in it, one scripted origin behind it, and a clock of its own for the cache.</summary>
internal sealed class CachedProxy : IAsyncDisposable
{
    private readonly CacheMemory _memory;
    private readonly MemoryResponseCache _store;
    private ProxyFixture? _fixture;
    private CachingHandler? _cache;

    private CachedProxy()
    {
        CacheOptions options = new() { IsEnabled = true, SizeBytes = 16 * 1024 * 1024 };
        _memory = new CacheMemory(options.SizeBytes);
        _store = new MemoryResponseCache(_memory, Time);
        Options = options;
        Origin = new CaseOrigin(Time);
    }

    public CacheOptions Options { get; }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 4, 5, 6, 7, 250, TimeSpan.Zero));

    public CaseOrigin Origin { get; }

    public int Port => _fixture!.Port;

    /// <summary>Errors that were logged.</summary>
    public IEnumerable<string> Errors => _fixture!.Loggers.Lines.Where(line => line.Level >= LogLevel.Error).Select(line => line.Text);

    public static async Task<CachedProxy> OpenAsync()
    {
        CachedProxy proxy = new();
        ProxyFixture.Setup setup = new()
        {
            Wrap = next => proxy._cache = new CachingHandler(next, proxy._store, proxy.Options, proxy._memory, new RecordedTraffic(), proxy.Time, new RecordedLog<CachingHandler>(), "goaround"),
        };
        proxy._fixture = await ProxyFixture.OpenAsync(setup, proxy.Origin.Backend);
        return proxy;
    }

    public Task<WireEnd> ConnectAsync() => _fixture!.ConnectAsync();

    /// <summary>Waits until no fetch is under way.</summary>
    public Task SettleAsync() => Until.TrueAsync(() => _cache!.IsIdle, "a fetch did not come to its end");

    public async ValueTask DisposeAsync()
    {
        if (_cache is not null)
        {
            await _cache.DisposeAsync();
        }

        if (_fixture is not null)
        {
            await _fixture.DisposeAsync();
        }

        Origin.Dispose();
        _store.Dispose();
    }
}
