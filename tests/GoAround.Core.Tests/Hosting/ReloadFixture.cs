using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading.Tasks;
using GoAround.Core.Hosting;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using NSubstitute;
using Xunit;

namespace GoAround.Core.Tests.Hosting;

/// <summary>A pool that only notes what it is given, behind a configuration that changes, in manual time.</summary>
internal sealed class ReloadFixture : IAsyncDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly ServiceProvider _services;

    /// <param name="add">Adds the balancer, or the named pool.</param>
    public ReloadFixture(Action<IServiceCollection> add)
    {
        Pool = Substitute.For<IBackendPool>();
#pragma warning disable CA2012 // a call that sets the mock up
        Pool.ReplaceAsync(default!, default).ReturnsForAnyArgs(call =>
        {
            Replacements.Enqueue(string.Join(' ', call.Arg<IReadOnlyCollection<Backend>>().Select(backend => backend.Host)));
            return Failing ? throw new InvalidOperationException("the pool is broken") : new ValueTask<BackendChange>(Answer);
        });
#pragma warning restore CA2012
        ServiceCollection services = new();
        services.AddSingleton<TimeProvider>(_time);
        services.AddSingleton<ILoggerFactory>(Logs);
        services.AddSingleton(Pool);
        add(services);
        _services = services.BuildServiceProvider();
        Reload = _services.GetRequiredService<OptionsReload>();
    }

    public IServiceProvider Services => _services;

    public IBackendPool Pool { get; }

    public OptionsReload Reload { get; }

    public RecordedLogs Logs { get; } = new();

    public bool Failing { get; set; }

    /// <summary>What the pool answers with, or fails by.</summary>
    public Task<BackendChange> Answer { get; set; } = Task.FromResult(default(BackendChange));

    /// <summary>The hosts of each list that the pool was given, in order.</summary>
    public ConcurrentQueue<string> Replacements { get; } = new();

    public string[] Errors => [.. Logs.Lines.Where(line => line.Level == LogLevel.Error).Select(line => line.Text.TrimEnd())];

    public string[] Warnings => [.. Logs.Lines.Where(line => line.Level == LogLevel.Warning).Select(line => line.Text.TrimEnd())];

    /// <summary>Lets time pass until it is so.</summary>
    public async Task UntilAsync(Func<bool> isSo)
    {
        long start = Stopwatch.GetTimestamp();
        while (!isSo())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < WireEnd.Patience, "it did not come: " + string.Join('\n', Logs.Lines));
            _time.Advance(OptionsReload.Settling);
            await Task.Delay(1);
        }
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}
