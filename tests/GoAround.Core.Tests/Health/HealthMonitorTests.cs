using System;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Health;
using GoAround.Core.Tests.Pool;
using GoAround.Core.Tests.Wire;
using GoAround.Testing;
using Microsoft.Extensions.Logging;
using NSubstitute;
using NSubstitute.ExceptionExtensions;
using Xunit;

namespace GoAround.Core.Tests.Health;

#pragma warning disable CA2012 // what looks like an unawaited call sets a substitute up
public sealed class HealthMonitorTests : IAsyncLifetime, IAsyncDisposable
{
    private static readonly Backend A = Backend.Parse("http://10.0.0.1");

    private readonly SteppedTime _time = new();
    private readonly RecordedLog<HealthMonitor> _log = new();
    private readonly ScriptedChecker _checker;
    private readonly HealthMonitor _monitor;

    public HealthMonitorTests()
    {
        _checker = new ScriptedChecker(_time);
        _monitor = new HealthMonitor(_checker, new HealthOptions(), _time, _log, new Random(1));
    }

    public Task InitializeAsync() => Task.CompletedTask;

    // What xunit 2 calls at the end; IAsyncDisposable it does not know.
    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public ValueTask DisposeAsync() => _monitor.DisposeAsync();

    [Fact]
    public async Task First_outcome_is_pushed_and_the_state_is_known()
    {
        await using IHealthSubscription subscription = _monitor.Subscribe(A);
        HealthReport report = await subscription.Changes.ReadAsync();
        Assert.Equal(new HealthReport(HealthState.Healthy, "scripted"), report);
        Assert.Equal(HealthState.Healthy, subscription.State);
    }

    [Fact]
    public async Task Healthy_backend_is_checked_again_after_the_interval_and_only_changes_are_pushed()
    {
        await using IHealthSubscription subscription = _monitor.Subscribe(A);
        DateTimeOffset first = await _checker.NextAsync();
        DateTimeOffset second = await NextCheckAsync();
        Assert.Equal(TimeSpan.FromSeconds(10), second - first);
        _checker.AnswerAlways(HealthState.Unhealthy);
        await NextCheckAsync();
        Assert.Equal(HealthState.Healthy, (await subscription.Changes.ReadAsync()).State);
        Assert.Equal(HealthState.Unhealthy, (await subscription.Changes.ReadAsync()).State);
        Assert.False(subscription.Changes.TryRead(out _));
    }

    [Fact]
    public async Task Backend_that_is_down_is_checked_more_often_give_or_take_a_quarter()
    {
        _checker.AnswerAlways(HealthState.Unhealthy);
        await using IHealthSubscription subscription = _monitor.Subscribe(A);
        DateTimeOffset last = await _checker.NextAsync();
        double shortest = double.MaxValue;
        double longest = 0;
        for (int i = 0; i < 40; i++)
        {
            DateTimeOffset next = await NextCheckAsync();
            shortest = Math.Min(shortest, (next - last).TotalMilliseconds);
            longest = Math.Max(longest, (next - last).TotalMilliseconds);
            last = next;
        }

        Assert.InRange(shortest, 750, 900);
        Assert.InRange(longest, 1100, 1250);
    }

    [Fact]
    public async Task Suspect_backend_is_checked_at_once_and_the_check_decides()
    {
        await using IHealthSubscription subscription = _monitor.Subscribe(A);
        await subscription.Changes.ReadAsync();
        DateTimeOffset first = await _checker.NextAsync();
        await _time.WhenDue();
        _time.Advance(TimeSpan.FromSeconds(1));
        _checker.AnswerAlways(HealthState.Unhealthy);
        subscription.Suspect("scripted");
        Assert.Equal(TimeSpan.FromSeconds(1), await _checker.NextAsync() - first);
        Assert.Equal(HealthState.Unhealthy, (await subscription.Changes.ReadAsync()).State);
    }

    [Fact]
    public async Task Many_suspicions_are_one_check_and_at_most_one_in_a_tenth_of_a_second()
    {
        ManualTime time = new(); // of several who suspect at the same moment, more than one may wake the watch: in this clock all of that is done before the next check is due
        ScriptedChecker checker = new(time);
        HealthMonitor monitor = new(checker, new HealthOptions(), time, _log, new Random(1));
        IHealthSubscription subscription = monitor.Subscribe(A);
        time.RunUntilIdle();
        Assert.Equal(1, checker.Count);
        Parallel.For(0, 1000, _ => subscription.Suspect("scripted"));
        time.RunUntilIdle();
        Assert.Equal(1, checker.Count);
        Assert.True(time.AdvanceUntil(() => checker.Count == 2, TimeSpan.FromSeconds(1)));
        Assert.Equal(TimeSpan.FromMilliseconds(100), time.Elapsed);
        Assert.True(time.AdvanceUntil(() => checker.Count == 3, TimeSpan.FromMinutes(1)));
        Assert.Equal(TimeSpan.FromSeconds(10.1), time.Elapsed);
        await time.RunAsync(async () =>
        {
            await subscription.DisposeAsync();
            await monitor.DisposeAsync();
        });
    }

    [Fact]
    public async Task Check_that_takes_too_long_is_unhealthy()
    {
        _checker.Answer = async (_, cancellationToken) =>
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return default;
        };
        await using IHealthSubscription subscription = _monitor.Subscribe(A);
        await _checker.NextAsync();
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(new HealthReport(HealthState.Unhealthy, "no answer in 5 s"), await subscription.Changes.ReadAsync());
    }

    [Fact]
    public async Task Checker_that_throws_is_logged_and_counts_as_unhealthy_and_is_asked_again()
    {
        _checker.Answer = (_, _) => throw new InvalidOperationException("scripted");
        await using IHealthSubscription subscription = _monitor.Subscribe(A);
        Assert.Equal(HealthState.Unhealthy, (await subscription.Changes.ReadAsync()).State);
        Assert.Contains(_log.Lines, line => line is { Level: LogLevel.Error, Id: 3001 });
        await _checker.NextAsync();
        _checker.AnswerAlways(HealthState.Healthy);
        await NextCheckAsync();
        Assert.Equal(HealthState.Healthy, (await subscription.Changes.ReadAsync()).State);
    }

    [Theory]
    [InlineData(SocketError.TooManyOpenSockets, HealthState.Healthy)]
    [InlineData(SocketError.NoBufferSpaceAvailable, HealthState.Healthy)]
    [InlineData(SocketError.ConnectionRefused, HealthState.Unhealthy)]
    public async Task Check_for_which_this_machine_lacks_sockets_leaves_the_state_as_it_was(SocketError error, HealthState expected)
    {
        IBackendClient client = Substitute.For<IBackendClient>();
        client.SendAsync(A, default!, default).ThrowsForAnyArgs(
            new BackendException(BackendFailureStage.Dial, BackendFailureKind.Disconnected, "scripted", new SocketException((int)error)));
        HttpHealthChecker checker = new(client, new HealthOptions());
        await using IHealthSubscription subscription = _monitor.Subscribe(A);
        await _checker.NextAsync();
        _checker.Answer = checker.CheckAsync;
        await NextCheckAsync();
        await NextCheckAsync(); // the one before has ended
        Assert.Equal(expected, subscription.State);
        await using IHealthSubscription another = _monitor.Subscribe(Backend.Parse("http://10.0.0.2"));
        Assert.Equal(HealthState.Unhealthy, (await another.Changes.ReadAsync()).State); // of whom nothing is known
    }

    [Fact]
    public async Task Subscriptions_of_one_backend_share_its_checks_and_late_ones_learn_what_is_known()
    {
        await using IHealthSubscription first = _monitor.Subscribe(A);
        await first.Changes.ReadAsync();
        await using IHealthSubscription second = _monitor.Subscribe(Backend.Parse("http://10.0.0.1:80/"));
        Assert.Equal(HealthState.Healthy, second.State);
        Assert.Equal(HealthState.Healthy, (await second.Changes.ReadAsync()).State);
        Assert.Equal(1, _checker.Count);
    }

    [Fact]
    public async Task Last_subscription_ends_the_checks_and_a_new_one_starts_them_again()
    {
        IHealthSubscription first = _monitor.Subscribe(A);
        IHealthSubscription second = _monitor.Subscribe(A);
        await _checker.NextAsync();
        await first.DisposeAsync();
        await first.DisposeAsync();
        await NextCheckAsync();
        await second.DisposeAsync();
        Assert.Equal(HealthState.Healthy, (await second.Changes.ReadAsync()).State);
        await second.Changes.Completion.WaitAsync(WireEnd.Patience);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(2, _checker.Count);
        await using IHealthSubscription third = _monitor.Subscribe(A);
        await _checker.NextAsync();
    }

    [Fact]
    public async Task Disposed_monitor_ends_a_check_that_hangs()
    {
        _checker.Answer = async (_, cancellationToken) =>
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return default;
        };
        IHealthSubscription subscription = _monitor.Subscribe(A);
        await _checker.NextAsync();
        await _monitor.DisposeAsync();
        await subscription.DisposeAsync();
        Assert.Throws<ObjectDisposedException>(() => _monitor.Subscribe(A));
    }

    // Lets time pass to the timer the watch has set, which is the next check.
    private async Task<DateTimeOffset> NextCheckAsync()
    {
        int before = _checker.Count;
        Task<DateTimeOffset> next = _checker.NextAsync();
        while (_checker.Count == before)
        {
            await Task.WhenAny(next, _time.WhenDue());

            // A check is counted before the watch sets its timer again: that one is not for this call.
            if (_checker.Count == before)
            {
                _time.AdvanceToDue();
            }
        }

        return await next;
    }
}
