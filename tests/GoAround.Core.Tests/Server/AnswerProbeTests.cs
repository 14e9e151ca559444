using System;
using System.Threading.Tasks;
using GoAround.Core.Tests.Sockets;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Core.Tests.Server;

/// <summary>A client that closes its half is asked by the next bytes of its answer whether it is still there, before that has begun and between its chunks: one that is gone frees its slot, and one that waits gets each byte once.</summary>
public sealed class AnswerProbeTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    private const string Post = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody";
    private const string Start = "HTTP/1.1 "; // what is sent ahead, byte by byte

    private static readonly TimeSpan NeverInThisTest = TimeSpan.FromDays(1);

    [Theory]
    [InlineData(false, Get)]
    [InlineData(true, Get)]
    [InlineData(false, Get + Get)]
    [InlineData(false, Post)]
    [InlineData(true, Post)]
    public async Task Client_that_closes_frees_its_slot_and_resets_the_backend_whatever_the_grace(bool tls, string request)
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await OpenAsync(backend, tls);
        WireEnd client = await ConnectAsync(proxy, tls);
        using WireEnd link = await AnswerOnceAsync(backend, client);
        await client.SendAsync(request);
        await link.ReadUntilAsync(request == Post ? "body" : "\r\n\r\n");
        client.Dispose();
        await link.ReadToResetAsync();
        await proxy.UntilNothingIsInFlightAsync();
        await Until.TrueAsync(() => proxy.Events.OpenConnections == 0, "the session did not end");
        proxy.ExpectNoErrors();
    }

    [Theory]
    [InlineData(false, Get)]
    [InlineData(true, Get)]
    [InlineData(false, Post)]
    [InlineData(true, Post)]
    public async Task Client_that_closes_leaves_the_line_whatever_the_grace(bool tls, string request)
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await OpenAsync(backend, tls);
        WireEnd client = await ConnectAsync(proxy, tls);
        using WireEnd link = await AnswerOnceAsync(backend, client);
        using WireEnd other = await ConnectAsync(proxy, tls);
        await other.SendAsync(Get);
        await link.ReadHeadAsync();
        await client.SendAsync(request);
        await Until.TrueAsync(() => proxy.Pool.QueueLength == 1, "it does not wait");
        client.Dispose();
        await Until.TrueAsync(() => proxy.Pool.QueueLength == 0, "it stays in line");
        await link.SendAsync(WireEnd.Response("ok"));
        await other.ExpectAsync(WireEnd.Response("ok"));
        proxy.ExpectNoErrors();
    }

    [Theory]
    [InlineData(Get, "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 2\r\n\r\nok")]
    [InlineData(Post, "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 2\r\n\r\nok")]
    [InlineData(Get, "HTTP/1.1 204 No Content\r\nDate: D\r\n\r\n")]
    [InlineData(Get, "HTTP/1.1 200 OK\r\nDate: D\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n")]
    [InlineData(Get, "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 100000\r\n\r\n{0}")]
    [InlineData(Get, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 2\r\n\r\nok")]
    [InlineData(Get, "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 404 Not Found\r\nDate: D\r\nContent-Length: 0\r\n\r\n")]
    public async Task Half_closed_client_gets_its_late_answer_byte_for_byte(string request, string answer)
    {
        answer = answer.Replace("{0}", new string('x', 100_000), StringComparison.Ordinal);
        foreach (bool tls in new[] { false, true })
        {
            using ScriptedBackend backend = new();
            await using ProxyFixture proxy = await OpenAsync(backend, tls);
            using WireEnd client = await ConnectAsync(proxy, tls);
            await client.SendAsync(request);
            client.ShutdownSend();
            using WireEnd link = await backend.AcceptAsync();
            await link.ReadUntilAsync(request == Post ? "body" : "\r\n\r\n");
            await client.ExpectAsync(Start[..1]);
            await link.SendAsync(answer);
            Assert.Equal(answer[1..], await client.ReadToEndAsync());
            proxy.ExpectNoErrors();
        }
    }

    [Fact]
    public async Task Half_closed_client_gets_an_error_of_the_balancer_byte_for_byte()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nok");
        client.ShutdownSend();
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadUntilAsync("ok");
        await client.ExpectAsync(Start[..1]);
        await link.SendAsync("nonsense\r\n\r\n");
        string rest = await client.ReadToEndAsync();
        Assert.StartsWith("TTP/1.1 502 Bad Gateway\r\n", rest, StringComparison.Ordinal);
        Assert.Contains("Cache-Control: no-store\r\n", rest, StringComparison.Ordinal);
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Each_of_the_pipelined_answers_of_a_half_closed_client_is_whole()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Get + Get + Get);
        client.ShutdownSend();
        using WireEnd link = await backend.AcceptAsync();
        for (int i = 0; i < 3; i++)
        {
            await link.ReadHeadAsync();
            await client.ExpectAsync(Start[..1]);
            await link.SendAsync(WireEnd.Response("ok"));
            await client.ExpectAsync(WireEnd.Response("ok")[1..]);
        }

        await client.ExpectEndAsync();
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Nothing_is_sent_between_the_last_chunk_and_the_next_answer()
    {
        FakeTimeProvider time = new();
        using ScriptedBackend backend = new();
        HeldLease lease = new();
        ProxyFixture.Setup setup = Unhurried(time: time);
        setup.Wrap = next => new ScriptedHandler(async (request, token) =>
        {
            ProxyResponse response = await next.HandleAsync(request, token);
            response.AddLease(lease);
            return response;
        });
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup, backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Get + Get);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n");
        await client.ReadUntilAsync("0\r\n\r\n");
        await lease.Begun;
        client.ShutdownSend();
        for (int i = 0; i < 100; i++) // the time for its end to be seen, and of a probe, were there one
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Delay(1);
        }

        lease.End();
        await link.ReadHeadAsync();
        await link.SendAsync(WireEnd.Response("ok"));
        await client.ExpectAsync(WireEnd.Response("ok"));
        await client.ExpectEndAsync();
        proxy.ExpectNoErrors();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Client_that_closes_between_two_chunks_frees_its_slot_and_resets_the_backend_whatever_the_grace(bool tls)
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await OpenAsync(backend, tls);
        WireEnd client = await ConnectAsync(proxy, tls);
        using WireEnd link = await AnswerOnceAsync(backend, client);
        await client.SendAsync(Get);
        await link.ReadHeadAsync();
        await link.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
        await client.ReadUntilAsync("half\r\n");
        client.Dispose();
        await link.ReadToResetAsync();
        await proxy.UntilNothingIsInFlightAsync();
        await Until.TrueAsync(() => proxy.Events.OpenConnections == 0, "the session did not end");
        proxy.ExpectNoErrors();
    }

    [Theory]
    [InlineData(false, "2\r\nok\r\n0\r\n\r\n")]
    [InlineData(true, "2\r\nok\r\n0\r\n\r\n")]
    [InlineData(false, "0\r\n\r\n")]
    [InlineData(false, "0\r\nX-Sum: 1\r\n\r\n")]
    public async Task Half_closed_client_between_two_chunks_is_asked_by_a_zero_before_the_next_size(bool tls, string rest)
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await OpenAsync(backend, tls);
        using WireEnd client = await ConnectAsync(proxy, tls);
        await client.SendAsync(Get.Replace("\r\n\r\n", "\r\nTE: trailers\r\n\r\n", StringComparison.Ordinal));
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
        await client.ReadUntilAsync("half\r\n");
        client.ShutdownSend();
        await client.ExpectAsync("0");
        await link.SendAsync(rest);
        Assert.Equal(rest, await client.ReadToEndAsync());
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Half_closed_client_has_the_grace_again_once_its_answer_has_begun_and_is_not_chunked()
    {
        FakeTimeProvider time = new();
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await OpenAsync(backend, time: time, grace: TimeSpan.FromMinutes(1));
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        client.ShutdownSend();
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
        await client.ReadUntilAsync("half");
        Task reset = link.ReadToResetAsync();
        await Until.TrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return reset.IsCompleted;
            },
            "it is waited for without end");
        await client.ReadToResetAsync();
        await proxy.UntilNothingIsInFlightAsync();
        proxy.ExpectNoErrors();
    }

    [PolledFact]
    public async Task Reset_behind_a_closed_half_is_told_at_once_over_tls_too()
    {
        FakeTimeProvider time = new();
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await OpenAsync(backend, tls: true, time);
        using WireEnd client = await ConnectAsync(proxy, tls: true);
        await client.SendAsync(Get);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        client.ShutdownSend();
        Task<string> asked = client.ReadAsync(1);
        await Until.TrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromMilliseconds(1));
                return asked.IsCompleted;
            },
            "it is not asked");
        client.Reset();
        await link.ReadToResetAsync(); // and time stands still
        await proxy.UntilNothingIsInFlightAsync();
        proxy.ExpectNoErrors();
    }

    /// <summary>One exchange, after which nothing is unread on the client's side, so that its close is a FIN; with TLS that is the server's tickets.</summary>
    private static async Task<WireEnd> AnswerOnceAsync(ScriptedBackend backend, WireEnd client)
    {
        await client.SendAsync(Get);
        WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync(WireEnd.Response("ok"));
        await client.ExpectAsync(WireEnd.Response("ok"));
        return link;
    }

    private static async Task<WireEnd> ConnectAsync(ProxyFixture proxy, bool tls)
    {
        WireEnd client = await proxy.ConnectAsync();
        if (tls)
        {
            await client.StartTlsAsClientAsync("localhost", TestCertificates.Local);
        }

        return client;
    }

    private static Task<ProxyFixture> OpenAsync(ScriptedBackend backend, bool tls = false, TimeProvider? time = null, TimeSpan? grace = null) =>
        ProxyFixture.OpenAsync(Unhurried(tls, time, grace), backend);

    private static ProxyFixture.Setup Unhurried(bool tls = false, TimeProvider? time = null, TimeSpan? grace = null) =>
        new()
        {
            Time = time ?? TimeProvider.System,
            Pool = { ConnectionsPerBackend = 1, QueueTimeout = NeverInThisTest },
            Upstream = { ResponseTimeout = NeverInThisTest, BodyTimeout = NeverInThisTest },
            Server =
            {
                HalfCloseGrace = grace ?? NeverInThisTest,
                BodyTimeout = NeverInThisTest,
                TlsTimeout = NeverInThisTest,
                MinBodyRate = 0,
                Certificate = tls ? TestCertificates.Local : null,
            },
        };

    /// <summary>A response that is not over, though all of it is sent, before the test says so.</summary>
    private sealed class HeldLease : IResponseLease
    {
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Begun => _begun.Task;

        public void End() => _end.SetResult();

        public ValueTask ReleaseAsync(ProxyResponse response)
        {
            _begun.TrySetResult();
            return new ValueTask(_end.Task);
        }
    }
}
