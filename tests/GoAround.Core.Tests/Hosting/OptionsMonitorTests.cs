using System;
using System.Collections.Concurrent;
using System.Threading.Tasks;
using GoAround.Core.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Xunit;

namespace GoAround.Core.Tests.Hosting;

/// <summary>An application that asks for the options the framework's way sees the changes that the balancer applies.</summary>
public sealed class OptionsMonitorTests
{
    private const string Key = "orders";

    [Theory]
    [InlineData("")]
    [InlineData(Key)]
    public async Task Monitor_of_the_application_tells_of_the_change_that_the_pool_is_given(string name)
    {
        ChangingSource source = new(("Backends:0", "http://a"));
        await using ServiceProvider services = Services(source, name);
        IOptionsMonitor<GoAroundOptions> monitor = services.GetRequiredService<IOptionsMonitor<GoAroundOptions>>();
        ConcurrentQueue<string> told = new();
        using IDisposable? listening = monitor.OnChange((options, changed) => told.Enqueue($"{changed}: {string.Join(' ', options.Backends)}"));
        Assert.Equal(["http://a"], monitor.Get(name).Backends);
        source.Change(("Backends:0", "http://b"), ("Backends:1", "http://c"));
        Assert.Equal([$"{name}: http://b http://c"], told);
        Assert.Equal(["http://b", "http://c"], monitor.Get(name).Backends);
        source.Change(("Backends:0", "http://d"), ("Pool:MaxQueue", "7"));
        Assert.Equal([$"{name}: http://b http://c", $"{name}: http://d"], told);
        Assert.Equal(7, monitor.Get(name).Pool.MaxQueue);
    }

    [Fact]
    public async Task Pool_follows_and_refuses_as_ever_where_a_monitor_listens_too()
    {
        ChangingSource source = new(("Backends:0", "http://a"));
        await using ReloadFixture fixture = new(services => services.AddGoAround(source.Section));
        IOptionsMonitor<GoAroundOptions> monitor = fixture.Services.GetRequiredService<IOptionsMonitor<GoAroundOptions>>();
        ConcurrentQueue<string> told = new();
        using IDisposable? listening = monitor.OnChange(options => told.Enqueue(string.Join(' ', options.Backends)));
        fixture.Reload.Start();
        source.Change(("Backends:0", "http://b"));
        await fixture.UntilAsync(() => fixture.Replacements.Count == 1);
        Assert.ThrowsAny<Exception>(() => source.Change(("Backends:0", "http://c"), ("Server:Port", "many"))); // the monitor's way to tell, which must not be the pool's
        await fixture.UntilAsync(() => fixture.Errors.Length == 1);
        source.Change(("Backends:0", "http://d"));
        await fixture.UntilAsync(() => fixture.Replacements.Count == 2);
        Assert.Equal(["b", "d"], fixture.Replacements);
        Assert.Equal(["http://b", "http://d"], told);
        Assert.Equal(["http://d"], monitor.CurrentValue.Backends);
    }

    private static ServiceProvider Services(ChangingSource source, string name)
    {
        ServiceCollection services = new();
        _ = name.Length == 0 ? services.AddGoAround(source.Section) : services.AddGoAroundPool(name, source.Section);
        return services.BuildServiceProvider();
    }
}
