using System;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using GoAround.Core;
using Xunit;

namespace GoAround.Testing.Tests;

public sealed class TestBackendTests
{
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(TestFault.None, 200, ProxyError.None, false, 0)]
    [InlineData(TestFault.Refused, 502, ProxyError.ConnectionRefused, false, 0)]
    [InlineData(TestFault.Unreachable, 504, ProxyError.ConnectionTimeout, false, 5)]
    [InlineData(TestFault.ResetBeforeHead, 502, ProxyError.ConnectionTerminated, false, 0)]
    [InlineData(TestFault.ResetInHead, 502, ProxyError.HttpResponseIncomplete, false, 0)]
    [InlineData(TestFault.ResetInBody, 200, ProxyError.None, true, 0)]
    [InlineData(TestFault.NoAnswer, 504, ProxyError.HttpResponseTimeout, false, 60)]
    [InlineData(TestFault.StalledBody, 200, ProxyError.None, true, 60)]
    [InlineData(TestFault.Garbage, 502, ProxyError.HttpProtocolError, false, 0)]
    [InlineData(TestFault.ServerError, 500, ProxyError.None, false, 0)]
    public async Task Fault_ends_alike_by_messages_and_by_bytes(TestFault fault, int status, ProxyError error, bool isCut, int seconds)
    {
        await FailAsync(TestWire.Messages, fault, status, error, isCut, seconds);
        await FailAsync(TestWire.Bytes, fault, status, error, isCut, seconds);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_a_script_throws_is_told_by_messages_and_by_bytes(bool isOfTheWire)
    {
        Type fault = isOfTheWire ? typeof(IOException) : typeof(InvalidTimeZoneException);
        TestBackend a = new TestBackend("http://a").Answers(_ => throw (isOfTheWire ? new IOException("a file") : new InvalidTimeZoneException()));
        await using (TestBalancer messages = await TestBalancer.StartAsync(new TestSetup(a)))
        {
            Assert.IsType(fault, (await messages.SendAsync("GET", "/")).Fault);
        }

        TestBackend b = new TestBackend("http://b").Answers(_ => throw (isOfTheWire ? new IOException("a file") : new InvalidTimeZoneException()));
        await using TestBalancer bytes = await TestBalancer.StartAsync(new TestSetup(b) { Wire = TestWire.Bytes });
        await Assert.ThrowsAsync(fault, () => bytes.SendAsync("GET", "/")); // the backend is another process there, and the clock tells of it
    }

    [Fact]
    public async Task Faults_come_to_the_next_requests_in_the_order_they_were_given()
    {
        TestBackend a = new TestBackend("http://a").Fails(TestFault.ServerError, 2).Fails(TestFault.ResetBeforeHead);
        await using TestBalancer balancer = await TestBalancer.StartAsync(a);
        int[] statuses = new int[4];
        for (int i = 0; i < statuses.Length; i++)
        {
            statuses[i] = (await balancer.SendAsync("POST", "/")).StatusCode;
        }

        Assert.Equal([500, 500, 502, 200], statuses);
    }

    [Fact]
    public async Task Fault_between_two_moments_meets_checks_too()
    {
        TestBackend a = new TestBackend("http://a").FailsBetween(TestFault.Refused, 5 * Second, 15 * Second);
        await using TestBalancer balancer = await TestBalancer.StartAsync(a);
        balancer.Advance(9 * Second);
        Assert.Equal(HealthState.Healthy, balancer.Pool.GetStatus()[0].State); // nobody has noticed yet
        balancer.Advance(2 * Second);
        Assert.Equal(HealthState.Unhealthy, balancer.Pool.GetStatus()[0].State);
        balancer.Advance(5.5 * Second);
        Assert.Equal(HealthState.Healthy, balancer.Pool.GetStatus()[0].State);
    }

    [Fact]
    public async Task Share_of_faults_is_the_one_asked_for_and_the_same_for_a_seed()
    {
        int first = await CountAsync(7);
        Assert.InRange(first, 60, 140);
        Assert.Equal(first, await CountAsync(7));
        Assert.NotEqual(await CountAsync(8), await CountAsync(9));

        static async Task<int> CountAsync(int seed)
        {
            TestBackend a = new TestBackend("http://a").FailsAtRandom(seed, 0.1, TestFault.ServerError);
            await using TestBalancer balancer = await TestBalancer.StartAsync(a);
            TestLoad load = await balancer.LoadAsync(1000, Second);
            return load.Failures.Count;
        }
    }

    [Fact]
    public async Task Death_resets_what_is_under_way_and_a_backend_can_come_back()
    {
        TestBackend a = new TestBackend("http://a").Takes(2 * Second).DiesAt(Second).ComesBackAt(5 * Second);
        await using TestBalancer balancer = await TestBalancer.StartAsync(a);
        TestAnswer answer = await balancer.SendAsync("GET", "/");
        Assert.Equal((502, Second, 1), (answer.StatusCode, answer.Took, answer.Attempts));
        Assert.False(a.IsAlive);
        Assert.Equal(502, (await balancer.SendAsync("GET", "/")).StatusCode); // refused: it is suspect now
        balancer.Advance(Second);
        Assert.Equal((503, 0), ((await balancer.SendAsync("GET", "/")).StatusCode, a.InFlight));
        balancer.Advance(5 * Second);
        Assert.Equal(200, (await balancer.SendAsync("GET", "/")).StatusCode);
    }

    [Fact]
    public async Task Death_in_the_middle_of_a_body_cuts_the_answer()
    {
        TestBackend a = new TestBackend("http://a").Answers(_ => new TestReply(200, "one") { Pause = Second, HasLength = false }.Add("two").Add("three")).DiesAt(1.5 * Second);
        await using TestBalancer balancer = await TestBalancer.StartAsync(a);
        TestAnswer answer = await balancer.SendAsync("GET", "/");
        Assert.Equal((200, true, "onetwo", 1.5 * Second), (answer.StatusCode, answer.IsCut, answer.Text, answer.Took));
    }

    [Fact]
    public async Task Backend_can_be_killed_and_revived_by_hand()
    {
        TestBackend a = new TestBackend("http://a").Takes(Second);
        await using TestBalancer balancer = await TestBalancer.StartAsync(a);
        Task<TestAnswer> begun = balancer.Begin("POST", "/");
        a.Die();
        balancer.Time.RunUntilIdle();
        Assert.Equal(502, (await begun).StatusCode);
        a.ComeBack();
        Assert.Equal(200, (await balancer.SendAsync("POST", "/")).StatusCode);
    }

    [Fact]
    public async Task Backend_that_says_it_is_unhealthy_gets_no_more_requests_until_it_says_otherwise()
    {
        TestBackend a = new TestBackend("http://a").TurnsUnhealthyAt(5 * Second).TurnsHealthyAt(15 * Second);
        TestBackend b = new("http://b");
        await using TestBalancer balancer = await TestBalancer.StartAsync(a, b);
        TestLoad load = await balancer.LoadAsync(10, 30 * Second);
        Assert.Empty(load.Failures);
        Assert.DoesNotContain(a.Requests, request => request.At > 10 * Second && request.At < 15 * Second);
        Assert.Contains(a.Requests, request => request.At > 17 * Second);
    }

    [Fact]
    public async Task Speed_changes_from_a_moment_on()
    {
        TestBackend a = new TestBackend("http://a").Takes(10 * Millisecond).TakesFrom(Second, 300 * Millisecond).TakesFrom(2 * Second, TimeSpan.Zero);
        await using TestBalancer balancer = await TestBalancer.StartAsync(a);
        TestLoad load = await balancer.LoadAsync(10, 3 * Second);
        Assert.Equal([10, 300, 0], load.Answers.Select(answer => answer.Took.TotalMilliseconds).Distinct());
    }

    [Fact]
    public async Task Flapping_backend_lives_and_dies_by_its_seed()
    {
        TestBackend a = new TestBackend("http://a").Flaps(1, Second, Second);
        await using TestBalancer balancer = await TestBalancer.StartAsync(a);
        int deaths = 0;
        bool wasAlive = true;
        for (int i = 0; i < 200; i++)
        {
            balancer.Advance(100 * Millisecond);
            deaths += wasAlive && !a.IsAlive ? 1 : 0;
            wasAlive = a.IsAlive;
        }

        Assert.InRange(deaths, 7, 14);
    }

    [Fact]
    public async Task Head_and_statuses_without_content_have_no_body()
    {
        TestBackend a = new TestBackend("http://a").Answers(request => new TestReply(request.Target == "/304" ? 304 : 200, "text"));
        await using TestBalancer balancer = await TestBalancer.StartAsync(a);
        Assert.Equal("", (await balancer.SendAsync("HEAD", "/")).Text);
        Assert.Equal("", (await balancer.SendAsync("GET", "/304")).Text);
        Assert.Equal("text", (await balancer.SendAsync("GET", "/")).Text);
    }

    [Fact]
    public void Wrong_numbers_are_refused()
    {
        TestBackend a = new("http://a");
        Assert.Throws<ArgumentOutOfRangeException>(() => a.Takes(-Second));
        Assert.Throws<ArgumentOutOfRangeException>(() => a.FailsAtRandom(1, 1.1, TestFault.Refused));
        Assert.Throws<ArgumentOutOfRangeException>(() => a.FailsAtRandom(1, 0.1));
        Assert.Throws<ArgumentOutOfRangeException>(() => a.Flaps(1, TimeSpan.Zero, Second));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TestReply(600));
        Assert.Throws<FormatException>(() => new TestBackend("a"));
    }

    private static async Task FailAsync(TestWire wire, TestFault fault, int status, ProxyError error, bool isCut, int seconds)
    {
        TestBackend a = new TestBackend("http://a").Answers(200, "0123456789");
        await using TestBalancer balancer = await TestBalancer.StartAsync(new TestSetup(a) { Wire = wire });
        a.Fails(fault); // not before the first check, which dials too
        TestAnswer answer = await balancer.SendAsync("POST", "/", "text");
        Assert.Equal((status, error, isCut), (answer.StatusCode, answer.Error, answer.IsCut));
        Assert.InRange(answer.Took, seconds * Second, (seconds * Second) + (wire == TestWire.Bytes ? 100 * Millisecond : TimeSpan.Zero)); // the codec's deadlines are coarse
        Assert.Equal(isCut ? "01234" : "", isCut ? answer.Text : "");
        Assert.Equal(fault is TestFault.Refused or TestFault.Unreachable ? 0 : 1, a.Requests.Count);
        Assert.Equal(0, a.InFlight);
        balancer.Advance(Second); // a suspect is checked, and is well
        Assert.Equal(200, (await balancer.SendAsync("POST", "/")).StatusCode);
    }
}
