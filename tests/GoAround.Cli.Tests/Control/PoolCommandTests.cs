using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Cli.Control;
using GoAround.Core;
using Microsoft.Extensions.Time.Testing;
using NSubstitute;
using Xunit;

namespace GoAround.Cli.Tests.Control;

public sealed class PoolCommandTests
{
    private const string Usage = "error: 'status', 'drain URL', 'drain URL wait', 'drain URL wait TIME' and 'resume URL' are understood";

    private static readonly Backend A = Backend.Parse("http://a:80 weight=3");
    private static readonly Backend B = Backend.Parse("https://b/x");

    private readonly IBackendPool _pool = Substitute.For<IBackendPool>();
    private readonly TaskCompletionSource _emptied = new();
    private readonly FakeTimeProvider _time = new();
    private readonly PoolCommand _command;

    public PoolCommandTests()
    {
        _pool.Backends.Returns([A, B]);
        _pool.GetStatus().Returns(new PoolStatus(
        [
            new(A, HealthState.Healthy, 7) { Reason = "200", Limit = 256, Since = new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero) },
            new(B, HealthState.Unhealthy, 1) { Reason = "no\nanswer", IsDraining = true, Since = DateTimeOffset.UnixEpoch },
        ])
        {
            QueueLength = 5,
            RetriesRunning = 2,
            RetriesWaiting = 1,
        });
        _pool.DrainAsync(A, Arg.Any<CancellationToken>()).Returns(_emptied.Task);
        _pool.DrainAsync(B, Arg.Any<CancellationToken>()).Returns(Task.CompletedTask);
        _pool.EndDrain(B).Returns(true);
        _command = new PoolCommand(_pool, _time);
    }

    [Theory]
    [InlineData("drain http://a", "ok http://a drains, 7 requests in flight")]
    [InlineData(" drain \t http://A:80/ ", "ok http://a drains, 7 requests in flight")]
    [InlineData("drain https://b/x", "ok https://b/x is empty")]
    [InlineData("drain https://b/x wait", "ok https://b/x is empty")]
    [InlineData("drain http://c", "error: 'http://c' is not among the backends")]
    [InlineData("drain c", "error: backend address 'c' must start with http:// or https://")]
    [InlineData("drain", Usage)]
    [InlineData("drain http://a now", Usage)]
    [InlineData("drain http://a wait 2h", "error: '2h' is no time in 1s..1h")]
    [InlineData("resume https://b/x", "ok https://b/x takes requests again")]
    [InlineData("resume http://a", "ok http://a did not drain")]
    [InlineData("resume http://c", "error: 'http://c' is not among the backends")]
    [InlineData("resume", Usage)]
    [InlineData("status all", Usage)]
    [InlineData(
        "status",
        "ok 2 backends, 5 waiting, 2 retries running, 1 held back\n" +
        "http://a healthy weight=3 in-flight=7 limit=256 since=2026-03-04T05:06:07Z reason=200\n" +
        "https://b/x unhealthy draining weight=1 in-flight=1 limit=0 since=1970-01-01T00:00:00Z reason=no?answer")]
    public async Task Command_is_answered_with_what_came_of_it(string line, string answer)
    {
        Assert.True(PoolCommand.IsOne(line));
        Assert.Equal(answer, await _command.ApplyAsync(line, default));
    }

    [Theory]
    [InlineData("http://drain")]
    [InlineData("drained http://a")]
    [InlineData("http://status weight=2")]
    [InlineData("")]
    public void Line_that_begins_otherwise_is_a_list(string line) => Assert.False(PoolCommand.IsOne(line));

    [Fact]
    public async Task Answer_comes_when_the_backend_is_empty()
    {
        Task<string> answer = _command.ApplyAsync("drain http://a wait", default);
        Assert.False(answer.IsCompleted);
        _emptied.SetResult();
        Assert.Equal("ok http://a is empty", await answer);
    }

    [Fact]
    public async Task Answer_says_when_the_backend_was_resumed_meanwhile()
    {
        Task<string> answer = _command.ApplyAsync("drain http://a wait 1h", default);
        _emptied.SetCanceled();
        Assert.Equal("error: http://a was resumed before it was empty", await answer);
    }

    [Theory]
    [InlineData("drain http://a wait", 60)]
    [InlineData("drain http://a wait 5m", 300)]
    public async Task Waiting_has_an_end_and_the_draining_goes_on(string line, int seconds)
    {
        Task<string> answer = _command.ApplyAsync(line, default);
        DateTimeOffset began = _time.GetUtcNow();
        while (!answer.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1)); // when its timer starts is not to be seen from here
            await Task.WhenAny(answer, Task.Delay(1));
        }

        Assert.Equal("error: http://a still carries 7 requests, and goes on draining", await answer);
        Assert.True(_time.GetUtcNow() - began >= TimeSpan.FromSeconds(seconds));
        _pool.DidNotReceive().EndDrain(A);
    }

    [Fact]
    public async Task Answer_says_when_the_backend_was_removed_meanwhile_and_has_not_ended()
    {
        Task<string> answer = _command.ApplyAsync("drain http://a wait 1s", default);
        while (!answer.IsCompleted)
        {
            if (_pool.ReceivedCalls().Any(call => call.GetMethodInfo().Name == nameof(IBackendPool.DrainAsync)))
            {
                _pool.Backends.Returns([B]);
                _pool.GetStatus().Returns(new PoolStatus([]));
            }

            _time.Advance(TimeSpan.FromSeconds(1)); // when its timer starts is not to be seen from here
            await Task.WhenAny(answer, Task.Delay(1));
        }

        Assert.Equal("error: http://a was removed, and has not ended yet", await answer);
    }

    [Fact]
    public async Task End_of_the_program_is_the_end_of_waiting()
    {
        using CancellationTokenSource stop = new();
        Task<string> answer = _command.ApplyAsync("drain http://a wait", stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
    }

    [Fact]
    public async Task Pool_that_is_gone_is_no_fault_of_the_command()
    {
        _pool.DrainAsync(A, Arg.Any<CancellationToken>()).Returns(_ => throw new ObjectDisposedException("pool"));
        Assert.Equal("error: goaround is stopping", await _command.ApplyAsync("drain http://a", default));
    }
}
