using System;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Core.Tests.Server;

public sealed class SlowClientTests
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData("GET / HT")]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nX-A: 1")]
    public async Task Head_that_comes_byte_by_byte_is_answered_408(string head)
    {
        await using ProxyFixture proxy = await OpenAsync(server => server.HeadTimeout = TimeSpan.FromSeconds(30));
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(head);
        Task<string> answer = client.ReadToEndAsync();
        while (!answer.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            await DribbleAsync(client, "a");
            await Task.WhenAny(answer, Task.Delay(2));
        }

        Assert.StartsWith("HTTP/1.1 408 ", await answer);
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Empty_lines_do_not_put_the_idle_timeout_off()
    {
        await using ProxyFixture proxy = await OpenAsync(server => server.IdleTimeout = TimeSpan.FromSeconds(75));
        using WireEnd client = await proxy.ConnectAsync();
        Task<string> answer = client.ReadToEndAsync();
        await Until.TrueAsync(() => proxy.Events.OpenConnections == 1, "not accepted");
        await client.SendAsync("\r\n");
        _time.Advance(TimeSpan.FromSeconds(60));
        await client.SendAsync("\r");
        Assert.Equal("", await Until.EndedAsync(answer, _time));
    }

    [Fact]
    public async Task Empty_lines_without_end_are_refused()
    {
        await using ProxyFixture proxy = await OpenAsync();
        Assert.StartsWith("HTTP/1.1 400 ", await proxy.AskOnceAsync("\r\n\r\n\r\n"));
    }

    [Theory]
    [InlineData("Content-Length: 100000\r\n\r\nabc")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")]
    public async Task Body_that_stops_is_answered_408_after_the_grace_and_the_backend_is_cut(string rest)
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await OpenAsync(server => server.MinBodyRateGrace = Grace, backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\n" + rest);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadUntilAsync("abc");
        Assert.StartsWith("HTTP/1.1 408 ", await Until.EndedAsync(client.ReadToEndAsync(), _time));
        await link.ReadToResetAsync();
        await proxy.UntilNothingIsInFlightAsync();
        Assert.Equal(408, Assert.Single(proxy.Events.Ended).Status);
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Body_under_the_rate_is_answered_408_however_steady_it_comes()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await OpenAsync(server => server.MinBodyRateGrace = Grace, backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\n");
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        Task<string> answer = client.ReadToCloseAsync();
        while (!answer.IsCompleted)
        {
            await DribbleAsync(client, "a");
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(answer, Task.Delay(2));
        }

        Assert.StartsWith("HTTP/1.1 408 ", await answer);
    }

    [Fact]
    public async Task Body_at_the_rate_goes_through_however_long_it_takes()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await OpenAsync(server => server.MinBodyRateGrace = Grace, backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 24000\r\n\r\n");
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        for (int i = 0; i < 100; i++)
        {
            await client.SendAsync(new string('a', 240));
            await link.ReadAsync(240);
            _time.Advance(TimeSpan.FromSeconds(0.9));
        }

        await link.SendAsync(WireEnd.Response("ok"));
        await client.ExpectAsync(WireEnd.Response("ok"));
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Time_in_which_the_backend_takes_nothing_does_not_count()
    {
        const int Length = 20_000_000;
        TaskCompletionSource go = new(TaskCreationOptions.RunContinuationsAsynchronously);
        MemoryBackend backend = new(async stream =>
        {
            await MemoryBackend.ReadHeadAsync(stream);
            await go.Task;
            await stream.ReadExactlyAsync(new byte[Length]);
            await stream.WriteAsync(System.Text.Encoding.Latin1.GetBytes(WireEnd.Response("ok")));
        });
        ProxyFixture.Setup setup = ProxyFixture.Setup.Unhurried(_time, backend);
        setup.Server.MinBodyRate = 2_000_000_000;
        setup.Server.MinBodyRateGrace = Grace;
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup);
        await proxy.Pool.ReplaceAsync([Backend.Parse("http://memory")], default);
        using WireEnd client = await proxy.ConnectAsync();
        Task sending = client.SendAsync($"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {Length}\r\n\r\n" + new string('a', Length));
        await Until.TrueAsync(() => backend.Dialled.TryPeek(out PairedStream? wire) && wire.IsFull, "everything was taken"); // it waits for the backend, and not for the client
        for (int i = 0; i < 100; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        go.SetResult();
        await sending;
        await client.ExpectAsync(WireEnd.Response("ok"));
        proxy.ExpectNoErrors();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Body_deadlines_hold_once_the_client_was_told_to_go_on_and_not_before(bool isTold)
    {
        using ScriptedBackend backend = new();
        ProxyFixture.Setup setup = ProxyFixture.Setup.Unhurried(_time);
        setup.Server.MinBodyRateGrace = Grace;
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup, backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        for (int i = 0; i < 600; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        if (isTold)
        {
            await link.SendAsync("HTTP/1.1 100 Continue\r\n\r\n");
            await client.ExpectAsync("HTTP/1.1 100 Continue\r\n\r\n");
        }
        else
        {
            await client.SendAsync("a");
            await link.ReadUntilAsync("a");
        }

        Assert.StartsWith("HTTP/1.1 408 ", await Until.EndedAsync(client.ReadToEndAsync(), _time));
        await link.ReadToResetAsync();
        proxy.ExpectNoErrors();
    }

    [Theory]
    [InlineData("Content-Length: 11\r\nExpect: 100-continue\r\n\r\n")]
    [InlineData("Content-Length: 11\r\n\r\n12345678901")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nB\r\n12345678901\r\n0\r\n\r\n")]
    public async Task Body_that_is_too_large_is_answered_413_before_anything_else(string rest)
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(new ProxyFixture.Setup { Server = { MaxBodyBytes = 10 } }, backend);
        Assert.StartsWith("HTTP/1.1 413 ", await proxy.AskOnceAsync("POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" + rest));
        Assert.DoesNotContain(backend.Heads, head => head.Contains("Content-Length", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Body_that_is_too_large_ends_the_connection_even_where_all_of_it_is_there()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(new ProxyFixture.Setup { Server = { MaxBodyBytes = 10 } }, backend);
        string answer = await proxy.AskOnceAsync("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n12345678901GET /next HTTP/1.1\r\nHost: h\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 413 ", answer);
        Assert.Contains("\r\nConnection: close\r\n", answer);
        Assert.DoesNotContain(backend.Heads, head => head.Contains("/next", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Chunked_body_that_was_told_to_go_on_and_grows_too_large_is_answered_413()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(new ProxyFixture.Setup { Server = { MaxBodyBytes = 10 } }, backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n");
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync("HTTP/1.1 100 Continue\r\n\r\n");
        await client.ExpectAsync("HTTP/1.1 100 Continue\r\n\r\n");
        await client.SendAsync("B\r\n12345678901\r\n0\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 413 ", await client.ReadToEndAsync());
        await link.ReadToResetAsync();
    }

    [Fact]
    public async Task Client_that_waits_for_a_word_that_nobody_says_is_answered_408_where_a_handler_reads()
    {
        await using ProxyFixture proxy = await ProxyFixture.ServeAsync(
            async (request, cancellationToken) =>
            {
                await request.Body.ReadAsync(cancellationToken);
                return ProxyResponse.FromText(200, "read");
            },
            Setup());
        await Expect408Async(proxy);
    }

    [Fact]
    public async Task Client_that_waits_for_a_word_that_nobody_says_is_answered_408_where_its_expectation_was_taken_away()
    {
        using ScriptedBackend backend = new();
        ProxyFixture.Setup setup = Setup();
        setup.Wrap = pool => new ScriptedHandler((request, cancellationToken) =>
        {
            request.ExpectsContinue = false;
            return pool.HandleAsync(request, cancellationToken);
        });
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup, backend);
        await Expect408Async(proxy);
        await proxy.UntilNothingIsInFlightAsync();
    }

    private ProxyFixture.Setup Setup()
    {
        ProxyFixture.Setup setup = ProxyFixture.Setup.Unhurried(_time);
        setup.Server.BodyTimeout = TimeSpan.FromSeconds(60);
        return setup;
    }

    private async Task Expect408Async(ProxyFixture proxy)
    {
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 408 ", await Until.EndedAsync(client.ReadToEndAsync(), _time));
        proxy.ExpectNoErrors();
    }

    private static async Task DribbleAsync(WireEnd client, string text)
    {
        try
        {
            await client.SendAsync(text);
        }
        catch (System.IO.IOException)
        {
            // It was answered and closed meanwhile.
        }
    }

    private Task<ProxyFixture> OpenAsync(Action<GoAround.Core.Server.ServerOptions>? configure = null, params ScriptedBackend[] backends)
    {
        ProxyFixture.Setup setup = ProxyFixture.Setup.Unhurried(_time);
        configure?.Invoke(setup.Server);
        return ProxyFixture.OpenAsync(setup, backends);
    }
}
