using System;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Core.Tests.Upstream;

public sealed class ExpectTests
{
    private const string Continue = "HTTP/1.1 100 Continue\r\n\r\n";

    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData("Content-Length: 4")]
    [InlineData("Transfer-Encoding: chunked")]
    public async Task Silent_backend_is_a_gateway_timeout_while_the_client_waits_to_be_told(string framing)
    {
        FakeTimeProvider time = new();
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await OpenAsync(time, backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync($"POST / HTTP/1.1\r\nHost: h\r\n{framing}\r\nExpect: 100-continue\r\n\r\n");
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        string answer = await Until.EndedAsync(client.ReadToEndAsync(), time);
        Assert.StartsWith("HTTP/1.1 504 ", answer);
        Assert.Contains("Connection: close\r\n", answer);
        await link.ReadToResetAsync();
        await proxy.UntilNothingIsInFlightAsync();
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Client_that_was_told_to_go_on_may_take_longer_than_a_backend_may()
    {
        FakeTimeProvider time = new();
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await OpenAsync(time, backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Head("POST"));
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync(Continue);
        await client.ExpectAsync(Continue);
        Advance(time, TimeSpan.FromSeconds(40));
        await client.SendAsync("body");
        await link.ExpectAsync("body");
        await link.SendAsync(WireEnd.Response("ok"));
        await client.ExpectAsync(WireEnd.Response("ok"));
    }

    [Fact]
    public async Task Client_that_does_not_wait_to_be_told_may_take_longer_than_a_backend_may()
    {
        FakeTimeProvider time = new();
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await OpenAsync(time, backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Head("POST") + "bo");
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.ExpectAsync("bo");
        Advance(time, TimeSpan.FromSeconds(40));
        await client.SendAsync("dy");
        await link.ExpectAsync("dy");
        await link.SendAsync(WireEnd.Response("ok"));
        await client.ExpectAsync(WireEnd.Response("ok"));
    }

    [Theory]
    [InlineData("")]
    [InlineData(Continue)]
    public async Task Backend_that_has_the_body_and_is_silent_is_a_gateway_timeout(string interim)
    {
        FakeTimeProvider time = new();
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await OpenAsync(time, backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Head("POST") + "body");
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadUntilAsync("body");
        await link.SendAsync(interim);
        await client.ExpectAsync(interim);
        Assert.StartsWith("HTTP/1.1 504 ", await Until.EndedAsync(client.ReadHeadAsync(), time));
        await proxy.UntilNothingIsInFlightAsync();
    }

    [Theory]
    [InlineData("401 Unauthorized")]
    [InlineData("413 Content Too Large")]
    [InlineData("417 Expectation Failed")]
    [InlineData("200 OK")]
    public async Task Final_answer_instead_of_100_is_passed_on_and_the_connection_closed(string status)
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Head("POST"));
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync(WireEnd.Response("no", status));
        string answer = await client.ReadToEndAsync();
        Assert.StartsWith($"HTTP/1.1 {status}\r\n", answer);
        Assert.Contains("Connection: close\r\n", answer);
        Assert.EndsWith("\r\n\r\nno", answer);
        await link.ReadToCloseAsync(); // the next request must not be read as the body that this one announced
        await proxy.UntilNothingIsInFlightAsync();
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Final_answer_to_a_body_that_came_all_the_same_keeps_the_connection()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        using WireEnd link = await SendAsync(client, backend, Head("POST") + "body", "body");
        for (int i = 0; i < 3; i++)
        {
            await link.SendAsync(WireEnd.Response("no", "417 Expectation Failed"));
            await client.ExpectAsync(WireEnd.Response("no", "417 Expectation Failed"));
            await client.SendAsync(Head("POST") + "body");
            await link.ReadUntilAsync("body");
        }

        Assert.Equal(1, backend.Accepted);
    }

    [Fact]
    public async Task Http_1_0_client_has_its_expectation_ignored()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.0\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\nbody");
        using WireEnd link = await backend.AcceptAsync();
        Assert.DoesNotContain("Expect", await link.ReadHeadAsync());
        await link.ExpectAsync("body");
        await link.SendAsync(Continue + WireEnd.Response("ok"));
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", await client.ReadToEndAsync());
    }

    [Fact]
    public async Task Every_100_is_passed_on_however_many_come_and_however_late()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        using WireEnd link = await SendAsync(client, backend, Head("POST"), "\r\n\r\n");
        for (int i = 0; i < 3; i++)
        {
            await link.SendAsync(Continue + Continue);
            await client.ExpectAsync(Continue + Continue);
            await client.SendAsync("body");
            await link.ExpectAsync("body");
            await link.SendAsync(Continue);
            await client.ExpectAsync(Continue);
            await link.SendAsync(WireEnd.Response("ok"));
            await client.ExpectAsync(WireEnd.Response("ok"));
            await client.SendAsync(Head("POST"));
            await link.ReadHeadAsync();
        }

        Assert.Equal(1, backend.Accepted);
        proxy.ExpectNoErrors();
    }

    [Theory]
    [InlineData(4)]
    [InlineData(1_000_000)]
    public async Task Backends_that_break_off_before_they_say_100_are_followed_by_the_next_one(int length)
    {
        int broken = 0;
        Func<WireEnd, Task> breaking = async link =>
        {
            await link.ReadHeadAsync();
            System.Threading.Interlocked.Increment(ref broken);
            link.Reset();
        };
        using ScriptedBackend first = new ScriptedBackend().Serve(breaking);
        using ScriptedBackend second = new ScriptedBackend().Serve(breaking);
        using ScriptedBackend alive = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(first, second, alive);
        for (int i = 0; i < 6; i++)
        {
            using WireEnd client = await proxy.ConnectAsync();
            await client.SendAsync(Head("PUT", length));
            using WireEnd link = await alive.AcceptAsync();
            Assert.Contains("Expect: 100-continue\r\n", await link.ReadHeadAsync());
            await link.SendAsync(Continue);
            await client.ExpectAsync(Continue);
            await client.SendAsync(new string('b', length));
            await link.ExpectAsync(new string('b', length));
            await link.SendAsync(WireEnd.Response("ok", fields: "Connection: close\r\n"));
            await client.ExpectAsync(WireEnd.Response("ok"));
        }

        Assert.True(broken >= 6, "too few of them were asked");
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Body_that_was_sent_after_a_100_is_sent_again_to_the_next_one_without_another()
    {
        using ScriptedBackend broken = new ScriptedBackend().Serve(async link =>
        {
            await link.ReadHeadAsync();
            await link.SendAsync(Continue);
            await link.ReadUntilAsync("body");
            link.Reset();
        });
        using ScriptedBackend alive = new ScriptedBackend().Serve(async link =>
        {
            while (await link.TryReadHeadAsync() is not null)
            {
                await link.ExpectAsync("body");
                await link.SendAsync(WireEnd.Response("ok"));
            }
        });
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(broken, alive);
        using WireEnd client = await proxy.ConnectAsync();
        for (int i = 0; i < 10; i++)
        {
            await client.SendAsync(Head("PUT") + "body");
            string head = await client.ReadHeadAsync();
            if (head == Continue)
            {
                head = await client.ReadHeadAsync();
            }

            Assert.StartsWith("HTTP/1.1 200 OK\r\n", head);
            await client.ExpectAsync("ok");
        }

        Assert.NotEmpty(proxy.Events.Failures);
        Assert.Empty(alive.Faults);
    }

    private static string Head(string method, int length = 4) => $"{method} / HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\nExpect: 100-continue\r\n\r\n";

    private static async Task<WireEnd> SendAsync(WireEnd client, ScriptedBackend backend, string request, string end)
    {
        await client.SendAsync(request);
        WireEnd link = await backend.AcceptAsync();
        await link.ReadUntilAsync(end);
        return link;
    }

    /// <summary>The clock of the deadlines ticks by the second.</summary>
    private static void Advance(FakeTimeProvider time, TimeSpan by)
    {
        for (TimeSpan passed = default; passed < by; passed += TimeSpan.FromSeconds(1))
        {
            time.Advance(TimeSpan.FromSeconds(1));
        }
    }

    private static Task<ProxyFixture> OpenAsync(TimeProvider time, ScriptedBackend backend)
    {
        ProxyFixture.Setup setup = ProxyFixture.Setup.Unhurried(time);
        setup.Upstream.ResponseTimeout = ResponseTimeout;
        return ProxyFixture.OpenAsync(setup, backend);
    }
}
