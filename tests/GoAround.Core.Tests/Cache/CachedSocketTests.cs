using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Core.Tests.Cache;

public sealed class CachedSocketTests
{
    private const string Request = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
    private const string LastRequest = "GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

    [Fact]
    public async Task Two_hundred_clients_of_one_cold_slow_object_are_one_request()
    {
        using ScriptedBackend backend = new();
        TaskCompletionSource go = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int requests = 0;
        backend.Serve(async link =>
        {
            while (await link.TryReadHeadAsync() is not null)
            {
                Interlocked.Increment(ref requests);
                await go.Task;
                await link.SendAsync("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n");
                for (int i = 0; i < 50; i++)
                {
                    await link.SendAsync("3e8\r\n" + new string((char)('a' + (i % 26)), 1000) + "\r\n");
                }

                await link.SendAsync("0\r\n\r\n");
            }
        });
        await using CachedFixture fixture = await CachedFixture.OpenAsync(backend);
        long before = fixture.Memory.UsedBytes;
        Task<string>[] clients = [.. Enumerable.Range(0, 200).Select(_ => fixture.Proxy.AskOnceAsync(LastRequest))];
        await Until.TrueAsync(() => Volatile.Read(ref requests) == 1, "no request came");
        go.SetResult();
        string[] answers = await Task.WhenAll(clients);
        string expected = string.Concat(Enumerable.Range(0, 50).Select(i => new string((char)('a' + (i % 26)), 1000)));
        Assert.All(answers, answer => Assert.Equal(expected, Content(answer)));
        Assert.Equal(1, requests);
        Assert.Contains("hit", await fixture.Proxy.AskOnceAsync(LastRequest), StringComparison.Ordinal);
        fixture.Proxy.ExpectNoErrors();
        await fixture.UntilIdleAsync(before);
    }

    [Fact]
    public async Task Nothing_stored_for_only_if_cached_is_an_error_of_our_own_and_is_counted()
    {
        await using CachedFixture fixture = await CachedFixture.OpenAsync();
        string answer = await fixture.Proxy.AskOnceAsync("GET /a HTTP/1.1\r\nHost: h\r\nCache-Control: only-if-cached\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 504 ", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nCache-Control: no-store\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nProxy-Status: goaround; error=proxy_internal_response; details=\"only-if-cached\"\r\n", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("Cache-Status", answer, StringComparison.Ordinal);
        await Until.TrueAsync(() => !fixture.Proxy.Events.Ended.IsEmpty, "not counted");
        Assert.Equal([(ProxyError.ProxyInternalResponse, 504)], fixture.Proxy.Events.Errors);
    }

    [Fact]
    public async Task A_body_that_is_cut_resets_those_who_read_it_and_is_asked_for_anew()
    {
        using ScriptedBackend backend = new();
        await using CachedFixture fixture = await CachedFixture.OpenAsync(backend);
        long before = fixture.Memory.UsedBytes;
        using WireEnd one = await fixture.Proxy.ConnectAsync();
        await one.SendAsync(Request);
        WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 10\r\n\r\n01234");
        await one.ReadUntilAsync("01234");
        using WireEnd two = await fixture.Proxy.ConnectAsync();
        await two.SendAsync(Request);
        await two.ReadUntilAsync("01234");
        link.Dispose();
        Assert.Equal("", await one.ReadToResetAsync());
        Assert.Equal("", await two.ReadToResetAsync());
        backend.Answer(WireEnd.Response("whole", fields: "Cache-Control: max-age=60\r\n"));
        Assert.Equal("whole", Content(await fixture.Proxy.AskOnceAsync(LastRequest)));
        fixture.Proxy.ExpectNoErrors();
        await fixture.UntilIdleAsync(before);
    }

    [Fact]
    public async Task A_client_that_leaves_takes_its_fetch_along()
    {
        using ScriptedBackend backend = new();
        await using CachedFixture fixture = await CachedFixture.OpenAsync(backend);
        using (WireEnd client = await fixture.Proxy.ConnectAsync())
        {
            await client.SendAsync(Request);
            WireEnd link = await backend.AcceptAsync();
            await link.ReadHeadAsync();
            client.Reset();
            await link.ReadToCloseAsync();
        }

        await fixture.Proxy.UntilNothingIsInFlightAsync();
    }

    [Fact]
    public async Task Every_backend_is_down_and_what_is_stored_answers()
    {
        FakeTimeProvider time = new(DateTimeOffset.UtcNow);
        using ScriptedBackend backend = new();
        backend.Answer(WireEnd.Response("kept", fields: "Cache-Control: max-age=5\r\n").Replace("HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nConnection: close\r\n", StringComparison.Ordinal));
        await using CachedFixture fixture = await CachedFixture.OpenAsync(time, null, backend);
        Assert.Equal("kept", Content(await fixture.Proxy.AskOnceAsync(LastRequest)));
        await Until.TrueAsync(() => fixture.Handler.IsIdle, "it is not stored");
        backend.StopListening();
        time.Advance(TimeSpan.FromSeconds(10));
        string stale = await fixture.Proxy.AskOnceAsync(LastRequest);
        Assert.Equal("kept", Content(stale));
        Assert.Contains("Age: 10\r\n", stale, StringComparison.Ordinal);
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.StartsWith("HTTP/1.1 502", await fixture.Proxy.AskOnceAsync(LastRequest), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_upgrade_goes_past_the_cache()
    {
        using ScriptedBackend backend = new();
        await using CachedFixture fixture = await CachedFixture.OpenAsync(backend);
        using WireEnd client = await fixture.Proxy.ConnectAsync();
        await client.SendAsync("GET /a HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: mine\r\n\r\n");
        using WireEnd link = await backend.AcceptAsync();
        Assert.Contains("Upgrade: mine", await link.ReadHeadAsync(), StringComparison.Ordinal);
        await link.SendAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: mine\r\n\r\nhello");
        await client.ReadUntilAsync("\r\n\r\nhello");
        await client.SendAsync("back");
        await link.ExpectAsync("back");
    }

    [Fact]
    public async Task A_get_with_a_body_and_a_post_go_past_the_cache()
    {
        using ScriptedBackend backend = new();
        await using CachedFixture fixture = await CachedFixture.OpenAsync(backend);
        foreach (string method in new[] { "GET", "POST" })
        {
            using WireEnd client = await fixture.Proxy.ConnectAsync();
            await client.SendAsync($"{method} /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody");
            using WireEnd link = await backend.AcceptAsync();
            await link.ReadUntilAsync("\r\n\r\nbody");
            await link.SendAsync("HTTP/1.1 200 OK\r\nConnection: close\r\nCache-Control: max-age=60\r\nContent-Length: 2\r\n\r\nok");
            Assert.Equal("ok", Content(await client.ReadToEndAsync()));
        }
    }

    [Fact]
    public async Task Interim_responses_reach_the_first_client()
    {
        using ScriptedBackend backend = new();
        await using CachedFixture fixture = await CachedFixture.OpenAsync(backend);
        using WireEnd client = await fixture.Proxy.ConnectAsync();
        await client.SendAsync(Request);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync("HTTP/1.1 103 Early Hints\r\nLink: </s>\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 103", await client.ReadHeadAsync(), StringComparison.Ordinal);
        await link.SendAsync(WireEnd.Response("final", fields: "Cache-Control: max-age=60\r\n"));
        await client.ReadUntilAsync("final");
        Assert.DoesNotContain("103", await fixture.Proxy.AskOnceAsync(LastRequest), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_large_object_comes_whole_from_backend_and_store_to_many()
    {
        using ScriptedBackend backend = new();
        string body = string.Concat(Enumerable.Range(0, 100_000).Select(i => (char)('a' + (i % 23))));
        backend.Answer(WireEnd.Response(body, fields: "Cache-Control: max-age=60\r\n"));
        await using CachedFixture fixture = await CachedFixture.OpenAsync(backend);
        long before = fixture.Memory.UsedBytes;
        List<Task<string>> clients = [];
        for (int i = 0; i < 30; i++)
        {
            clients.Add(fixture.Proxy.AskOnceAsync(LastRequest));
        }

        foreach (string answer in await Task.WhenAll(clients))
        {
            Assert.Equal(body, Content(answer));
        }

        Assert.Single(backend.Heads);
        await fixture.UntilIdleAsync(before);
    }

    private static string Content(string answer)
    {
        int at = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;
        string content = answer[at..];
        if (!answer[..at].Contains("chunked", StringComparison.OrdinalIgnoreCase))
        {
            return content;
        }

        string whole = "";
        while (true)
        {
            int end = content.IndexOf("\r\n", StringComparison.Ordinal);
            int length = Convert.ToInt32(content[..end], 16);
            if (length == 0)
            {
                return whole;
            }

            whole += content.Substring(end + 2, length);
            content = content[(end + 2 + length + 2)..];
        }
    }
}
