using System;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Hosting;
using GoAround.Core.Server;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NSubstitute;
using Xunit;

namespace GoAround.Core.Tests.Hosting;

/// <summary>A program that is told to end, as by SIGTERM, while a host's start waits for the first checks.</summary>
public sealed class StoppedStartTests : IDisposable
{
    private readonly RecordedLogs _logs = new();
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>With a listener, and without one.</summary>
    public static TheoryData<bool> Ways => [true, false];

    public void Dispose() => _logs.Dispose();

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Host_that_is_told_to_end_while_it_starts_ends_in_order(bool listens)
    {
        using IHost host = Build(listens);
        Task run = host.RunAsync();
        await _asked.Task.WaitAsync(WireEnd.Patience);
        host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();

        await run.WaitAsync(WireEnd.Patience);
    }

    [Fact]
    public async Task Port_stays_shut_where_the_host_is_told_to_end_while_it_starts()
    {
        using IHost host = Build(listens: true);
        Task start = host.StartAsync();
        await _asked.Task.WaitAsync(WireEnd.Patience);
        int port = host.Services.GetRequiredService<ProxyServer>().LocalEndPoint.Port; // taken, not opened
        host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        await start.WaitAsync(WireEnd.Patience);

        await Assert.ThrowsAsync<SocketException>(() => RawClient.ConnectAsync(port));
        Assert.Contains(_logs.Lines, line => line.Text.StartsWith("Told to end while starting", StringComparison.Ordinal));
        await host.StopAsync();
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Start_that_its_caller_gives_up_throws(bool listens)
    {
        using IHost host = Build(listens);
        using CancellationTokenSource givenUp = new();
        Task start = host.StartAsync(givenUp.Token);
        await _asked.Task.WaitAsync(WireEnd.Patience);
        await givenUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => start.WaitAsync(WireEnd.Patience));
    }

    private static void Configure(GoAroundOptions options)
    {
        options.Backends.Add("http://a");
        options.Server.Port = 0;
        options.FirstCheckTimeout = TimeSpan.FromDays(1);
        options.Health.Timeout = TimeSpan.FromHours(1);
    }

    // Its backend is asked, and says nothing.
    private IHost Build(bool listens)
    {
        IHealthChecker checker = Substitute.For<IHealthChecker>();
#pragma warning disable CA2012 // NSubstitute names a call by making it
        checker.CheckAsync(default!, default).ReturnsForAnyArgs(async call =>
        {
            _asked.TrySetResult();
            await Task.Delay(Timeout.Infinite, call.Arg<CancellationToken>());
            return default;
        });
#pragma warning restore CA2012
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(checker).AddKeyedSingleton("x", checker).AddSingleton<ILoggerFactory>(_logs);
        _ = listens ? builder.Services.AddGoAround(Configure) : builder.Services.AddGoAroundPool("x", Configure);
        return builder.Build();
    }
}
