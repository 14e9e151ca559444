using System;
using System.Linq;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Core.Tests.Upstream;

public sealed class BackendFaultTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    private const string Post = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody";

    [Theory]
    [InlineData("no HTTP at all\r\n\r\n")]
    [InlineData("HTTP/1.1 abc OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab")]
    [InlineData("HTTP/1.1 200 OK\r\nBad Name: 1\r\n\r\n")]
    public async Task Malformed_head_is_a_bad_gateway(string response)
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(response);
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Post);
        Assert.StartsWith("HTTP/1.1 502 ", await client.ReadHeadAsync());
        BackendException failure = Assert.Single(proxy.Events.Failures);
        Assert.Equal((BackendFailureStage.ResponseHead, BackendFailureKind.Malformed), (failure.Stage, failure.Kind));
        await Until.TrueAsync(() => proxy.Connections.CountSockets(backend.Backend).Open == 0, "the socket is still open");
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Head_that_is_too_large_is_a_bad_gateway()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer($"HTTP/1.1 200 OK\r\nX: {new string('x', 40_000)}\r\n\r\n");
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Post);
        Assert.StartsWith("HTTP/1.1 502 ", await client.ReadHeadAsync());
        Assert.Equal(BackendFailureKind.Malformed, Assert.Single(proxy.Events.Failures).Kind);
    }

    [Theory]
    [InlineData("no HTTP at all\r\n\r\n", "The backend's answer is malformed.\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "The backend's answer is malformed.\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "The backend's answer is malformed.\n")]
    [InlineData("HTTP/1.1 200 OK\r\nX: {0}\r\n\r\n", "The head of the backend's answer is too large.\n")]
    [InlineData(null, "The backend could not be reached.\n")]
    public async Task Answer_says_in_words_too_what_the_backend_did(string? response, string text)
    {
        using ScriptedBackend backend = new();
        if (response is null)
        {
            backend.StopListening();
        }
        else
        {
            backend.Answer(response.Replace("{0}", new string('x', 40_000), StringComparison.Ordinal));
        }

        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        Assert.EndsWith($"\r\n\r\n{text}", await proxy.AskOnceAsync("POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 20")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n")]
    public async Task Head_that_breaks_off_is_a_bad_gateway(string response)
    {
        using ScriptedBackend backend = new ScriptedBackend().Serve(async link =>
        {
            await link.ReadUntilAsync("body");
            await link.SendAsync(response);
            link.Dispose();
        });
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Post);
        Assert.StartsWith("HTTP/1.1 502 ", await client.ReadHeadAsync());
        BackendException failure = Assert.Single(proxy.Events.Failures);
        Assert.Equal((BackendFailureStage.ResponseHead, BackendFailureKind.Disconnected, false), (failure.Stage, failure.Kind, failure.WasStale));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", "half")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "4\r\nhalf\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "4\r\nhalf\r\n0\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "8\r\nhalf")]
    public async Task Body_that_breaks_off_never_looks_complete(string head, string half)
    {
        foreach (bool resets in new[] { true, false })
        {
            using ScriptedBackend backend = new();
            await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
            using WireEnd client = await proxy.ConnectAsync();
            await client.SendAsync(Get);
            using WireEnd link = await backend.AcceptAsync();
            await link.ReadHeadAsync();
            await link.SendAsync(head + half);
            await client.ReadUntilAsync("half");
            if (resets)
            {
                link.Reset();
            }
            else
            {
                link.Dispose();
            }

            Assert.DoesNotContain("0\r\n\r\n", await client.ReadToResetAsync());
            await proxy.UntilNothingIsInFlightAsync();
            proxy.ExpectNoErrors();
        }
    }

    [Fact]
    public async Task Close_delimited_body_that_is_reset_never_looks_complete()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        foreach (string version in new[] { "1.0", "1.1" })
        {
            using WireEnd client = await proxy.ConnectAsync();
            await client.SendAsync($"GET / HTTP/{version}\r\nHost: h\r\n\r\n");
            using WireEnd link = await backend.AcceptAsync();
            await link.ReadHeadAsync();
            await link.SendAsync("HTTP/1.1 200 OK\r\n\r\nhalf");
            await client.ReadUntilAsync("half");
            link.Reset();
            Assert.DoesNotContain("0\r\n\r\n", await client.ReadToResetAsync());
        }
    }

    [Fact]
    public async Task Malformed_chunk_never_looks_complete()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
        await client.ReadUntilAsync("half");
        await link.SendAsync("zz\r\n");
        Assert.DoesNotContain("0\r\n\r\n", await client.ReadToResetAsync());
    }

    [Fact]
    public async Task Keep_alive_that_went_stale_is_told_apart_and_the_others_are_purged()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd first = await proxy.ConnectAsync();
        using WireEnd second = await proxy.ConnectAsync();
        await first.SendAsync(Get);
        using WireEnd old = await backend.AcceptAsync();
        await old.ReadHeadAsync();
        await second.SendAsync(Get);
        using WireEnd older = await backend.AcceptAsync();
        await older.ReadHeadAsync();
        await older.SendAsync(WireEnd.Response("ok"));
        await second.ExpectAsync(WireEnd.Response("ok"));
        await Until.TrueAsync(() => proxy.Connections.CountSockets(backend.Backend).Idle == 1, "not parked");
        await old.SendAsync(WireEnd.Response("ok"));
        await first.ExpectAsync(WireEnd.Response("ok"));
        await Until.TrueAsync(() => proxy.Connections.CountSockets(backend.Backend).Idle == 2, "not parked");
        await first.SendAsync(Get);
        await old.ReadHeadAsync();
        old.Dispose(); // after the request went out: it cannot be known whether it was seen
        using WireEnd fresh = await backend.AcceptAsync();
        await older.ReadToCloseAsync();
        await fresh.ReadHeadAsync();
        await fresh.SendAsync(WireEnd.Response("again"));
        await first.ExpectAsync(WireEnd.Response("again"));
        Assert.True(Assert.Single(proxy.Events.Failures).WasStale);
    }

    [Fact]
    public async Task Backend_that_does_not_answer_in_time_is_a_gateway_timeout()
    {
        FakeTimeProvider time = new();
        using ScriptedBackend backend = new();
        ProxyFixture.Setup setup = ProxyFixture.Setup.Unhurried(time);
        setup.Upstream.ResponseTimeout = TimeSpan.FromSeconds(60);
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup, backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Post);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadUntilAsync("body");
        Assert.StartsWith("HTTP/1.1 504 ", await Until.EndedAsync(client.ReadHeadAsync(), time));
        Assert.Equal(BackendFailureKind.TimedOut, Assert.Single(proxy.Events.Failures).Kind);
        await link.ReadToResetAsync();
    }

    [Fact]
    public async Task Backend_that_does_not_answer_a_long_upload_in_time_is_a_gateway_timeout()
    {
        FakeTimeProvider time = new();
        using ScriptedBackend backend = new();
        ProxyFixture.Setup setup = ProxyFixture.Setup.Unhurried(time);
        setup.Upstream.ResponseTimeout = TimeSpan.FromSeconds(60);
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup, backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\nhalf");
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadUntilAsync("half");
        await client.SendAsync("half");
        await link.ExpectAsync("half");
        Assert.StartsWith("HTTP/1.1 504 ", await Until.EndedAsync(client.ReadHeadAsync(), time));
        await link.ReadToResetAsync();
    }

    [Fact]
    public async Task Body_that_stalls_at_the_backend_cuts_the_client()
    {
        FakeTimeProvider time = new();
        using ScriptedBackend backend = new();
        ProxyFixture.Setup setup = ProxyFixture.Setup.Unhurried(time);
        setup.Upstream.BodyTimeout = TimeSpan.FromSeconds(60);
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup, backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
        await client.ReadUntilAsync("half");
        await Until.EndedAsync(client.ReadToResetAsync(), time);
        await link.ReadToResetAsync();
    }

    [Fact]
    public async Task Pipelined_garbage_on_every_socket_never_reaches_another_client()
    {
        using ScriptedBackend backend = new ScriptedBackend().Serve(async link =>
        {
            while (await link.TryReadHeadAsync() is { } head)
            {
                string target = head.Split(' ')[1];
                await link.SendAsync(WireEnd.Response(target) + (target.GetHashCode(StringComparison.Ordinal) % 5 == 0 ? WireEnd.Response("poison") : ""));
            }
        });
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        await Task.WhenAll(Enumerable.Range(0, 6).Select(c => Task.Run(async () =>
        {
            using WireEnd client = await proxy.ConnectAsync();
            for (int i = 0; i < 200; i++)
            {
                await client.SendAsync($"GET /{c}/{i} HTTP/1.1\r\nHost: h\r\n\r\n");
                await client.ExpectAsync(WireEnd.Response($"/{c}/{i}"));
            }
        })));
    }
}
