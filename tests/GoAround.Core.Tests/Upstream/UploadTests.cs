using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Core.Tests.Upstream;

public sealed class UploadTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

    [Fact]
    public async Task Early_final_response_reaches_the_client_and_the_socket_is_not_reused()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        for (int i = 0; i < 20; i++)
        {
            using WireEnd client = await proxy.ConnectAsync();
            await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nhalf");
            using WireEnd link = await backend.AcceptAsync();
            await link.ReadUntilAsync("half");
            await link.SendAsync(WireEnd.Response("no", "403 Forbidden"));
            string answer = await client.ReadToEndAsync();
            Assert.StartsWith("HTTP/1.1 403 Forbidden\r\n", answer);
            Assert.Contains("Connection: close\r\n", answer);
            Assert.EndsWith("\r\n\r\nno", answer);
            Assert.Equal("", await link.ReadToCloseAsync());
        }

        await proxy.UntilNothingIsInFlightAsync();
        Assert.Equal(20, backend.Accepted);
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Backend_that_has_answered_and_does_not_take_the_last_piece_keeps_neither_slot_nor_client()
    {
        const int MoreThanAllBuffers = 64 * 1024 * 1024;
        using ScriptedBackend backend = new();
        ProxyFixture.Setup setup = new() { Upstream = { BodyTimeout = TimeSpan.FromHours(1) } };
        setup.Wrap = pool => new ScriptedHandler((request, cancellationToken) =>
        {
            request.ExpectsContinue = true; // so that the body is pumped, as one piece, while the answer comes
            request.Body = new ScriptedBody(MoreThanAllBuffers, _ => new(new byte[MoreThanAllBuffers]));
            return pool.HandleAsync(request, cancellationToken);
        });
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup, backend);
        using WireEnd client = await proxy.ConnectAsync();
        for (int i = 0; i < 2; i++)
        {
            await client.SendAsync(Get);
            using WireEnd link = await backend.AcceptAsync();
            await link.ReadHeadAsync();
            await link.SendAsync(WireEnd.Response("no", "403 Forbidden"));
            Assert.EndsWith("no", await client.ReadUntilAsync("\r\n\r\nno"));
            await proxy.UntilNothingIsInFlightAsync();
        }

        proxy.ExpectNoErrors();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Backend_that_takes_a_large_piece_slowly_and_steadily_gets_all_of_it(bool isHeldBack)
    {
        const int Step = 4 * 1024 * 1024;
        const int Steps = 12; // far more than all buffers
        FakeTimeProvider time = new();
        using ScriptedBackend backend = new();
        ProxyFixture.Setup setup = new() { Time = time };
        setup.Wrap = pool => new ScriptedHandler((request, cancellationToken) =>
        {
            request.ExpectsContinue = isHeldBack;
            request.Body = new ScriptedBody(Step * Steps, _ => new(new byte[Step * Steps]));
            return pool.HandleAsync(request, cancellationToken);
        });
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup, backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        using WireEnd link = await backend.AcceptAsync();
        link.Socket.ReceiveBufferSize = 256 * 1024; // not as much as the system would let it grow: what is read must have been sent lately
        await link.ReadHeadAsync();
        for (int i = 0; i < Steps; i++)
        {
            await link.ReadAsync(Step);
            time.Advance(TimeSpan.FromSeconds(15)); // four times less than it may pause, and in all thrice as long
        }

        await link.SendAsync(WireEnd.Response("ok"));
        await client.ExpectAsync(WireEnd.Response("ok"));
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Backend_that_takes_nothing_of_a_large_piece_is_a_gateway_timeout()
    {
        const int MoreThanAllBuffers = 64 * 1024 * 1024;
        FakeTimeProvider time = new();
        using ScriptedBackend backend = new();
        ProxyFixture.Setup setup = ProxyFixture.Setup.Unhurried(time);
        setup.Upstream.BodyTimeout = TimeSpan.FromSeconds(60);
        setup.Wrap = pool => new ScriptedHandler((request, cancellationToken) =>
        {
            request.Body = new ScriptedBody(MoreThanAllBuffers, _ => new(new byte[MoreThanAllBuffers]));
            return pool.HandleAsync(request, cancellationToken);
        });
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup, backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        Assert.Contains("error=connection_write_timeout", await Until.EndedAsync(client.ReadUntilAsync("\r\n\r\n"), time));
        await proxy.UntilNothingIsInFlightAsync();
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Early_final_response_wins_while_the_client_still_sends()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        for (int i = 0; i < 10; i++)
        {
            using WireEnd client = await proxy.ConnectAsync();
            await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\n");
            bool isOver = false;
            Task sending = Task.Run(async () =>
            {
                byte[] piece = new byte[1 + (i * 777)];
                for (int sent = 0; sent < 4_000_000 && !Volatile.Read(ref isOver); sent += piece.Length)
                {
                    await client.SendAsync(piece);
                }
            });
            using WireEnd link = await backend.AcceptAsync();
            await link.ReadHeadAsync();
            await link.ReadAsync(i * 100);
            await link.SendAsync(WireEnd.Response("no", "403 Forbidden"));
            Assert.StartsWith("HTTP/1.1 403 Forbidden\r\n", await client.ReadHeadAsync());
            await client.ExpectAsync("no");
            Volatile.Write(ref isOver, true);
            await sending;
        }

        await proxy.UntilNothingIsInFlightAsync();
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Response_may_stream_while_the_request_still_does()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        await client.ReadHeadAsync();
        for (int i = 0; i < 10; i++)
        {
            await client.SendAsync("4\r\nping\r\n");
            await link.ExpectAsync("4\r\nping\r\n");
            await link.SendAsync("4\r\npong\r\n");
            await client.ExpectAsync("4\r\npong\r\n");
        }

        await client.SendAsync("0\r\n\r\n");
        await link.ExpectAsync("0\r\n\r\n");
        await link.SendAsync("0\r\n\r\n");
        await client.ExpectAsync("0\r\n\r\n");
        await client.ExpectEndAsync();
    }

    [Fact]
    public async Task Put_with_a_small_body_is_replayed_on_another_backend()
    {
        using ScriptedBackend dead = new ScriptedBackend().Serve(async link =>
        {
            await link.ReadUntilAsync("the body");
            link.Reset();
        });
        using ScriptedBackend alive = new ScriptedBackend().Serve(async link =>
        {
            while (await link.TryReadHeadAsync() is not null)
            {
                await link.ExpectAsync("the body");
                await link.SendAsync(WireEnd.Response("ok"));
            }
        });
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(dead, alive);
        using WireEnd client = await proxy.ConnectAsync();
        for (int i = 0; i < 20; i++)
        {
            await client.SendAsync("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\nthe body");
            await client.ExpectAsync(WireEnd.Response("ok"));
        }

        Assert.NotEmpty(proxy.Events.Failures);
        Assert.Empty(alive.Faults);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Put_whose_body_has_half_come_is_replayed_on_another_backend(bool isChunked)
    {
        string first = isChunked ? "5\r\nthe b\r\n" : "the b";
        string rest = isChunked ? "3\r\nody\r\n0\r\n\r\n" : "ody";
        string framing = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: 8";
        TaskCompletionSource broke = new();
        using ScriptedBackend dead = new ScriptedBackend().Serve(async link =>
        {
            await link.ReadUntilAsync(first);
            broke.TrySetResult();
            link.Reset();
        });
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(dead);
        using ScriptedBackend alive = new();
        await proxy.Pool.ReplaceAsync([dead.Backend, alive.Backend], default);
        for (int i = 0; i < 8; i++)
        {
            using WireEnd client = await proxy.ConnectAsync();
            await client.SendAsync($"PUT / HTTP/1.1\r\nHost: h\r\n{framing}\r\n\r\n{first}");
            using WireEnd link = await alive.AcceptAsync();
            await link.ReadUntilAsync(first);
            await client.SendAsync(rest);
            await link.ExpectAsync(rest);
            await link.SendAsync("HTTP/1.1 200 OK\r\nDate: D\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
            Assert.StartsWith("HTTP/1.1 200 OK", await client.ReadHeadAsync());
            await client.ExpectAsync("ok");
        }

        Assert.True(broke.Task.IsCompleted, "the dead one was never asked");
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Put_that_came_in_many_pieces_is_replayed_whole()
    {
        const int Pieces = 60;
        using ScriptedBackend dead = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(dead);
        using ScriptedBackend alive = new();
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync($"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: {(Pieces * 1000) + 1}\r\n\r\n");
        using WireEnd first = await dead.AcceptAsync();
        await first.ReadHeadAsync();
        string body = "";
        for (int i = 0; i < Pieces; i++)
        {
            string piece = new((char)('a' + (i % 26)), 1000);
            await client.SendAsync(piece);
            await first.ExpectAsync(piece);
            body += piece;
        }

        await proxy.Pool.ReplaceAsync([dead.Backend, alive.Backend], default);
        first.Reset();
        using WireEnd second = await alive.AcceptAsync();
        await second.ReadHeadAsync();
        await second.ExpectAsync(body);
        await client.SendAsync("z");
        await second.ExpectAsync("z");
        await second.SendAsync(WireEnd.Response("ok"));
        await client.ExpectAsync(WireEnd.Response("ok"));
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Post_is_not_sent_twice_once_it_has_gone_out()
    {
        using ScriptedBackend dead = new ScriptedBackend().Serve(async link =>
        {
            await link.ReadUntilAsync("the body");
            link.Reset();
        });
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(dead);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\nthe body");
        Assert.StartsWith("HTTP/1.1 502 ", await client.ReadHeadAsync());
        Assert.Equal(1, dead.Accepted);
    }

    [Fact]
    public async Task Backend_that_does_not_take_the_body_is_given_up()
    {
        FakeTimeProvider time = new();
        using ScriptedBackend backend = new();
        ProxyFixture.Setup setup = ProxyFixture.Setup.Unhurried(time); // the client may pause where its thread does
        setup.Upstream.BodyTimeout = TimeSpan.FromSeconds(60);
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup, backend);
        using WireEnd client = await proxy.ConnectAsync();
        Task sending = Task.Run(async () =>
        {
            await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\n");
            byte[] piece = new byte[100_000];
            for (int i = 0; i < 1000; i++)
            {
                await client.SendAsync(piece);
            }
        });
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await Until.EndedAsync(client.ReadUntilAsync("HTTP/1.1 504 "), time);
        client.Dispose();
        await Assert.ThrowsAnyAsync<Exception>(() => sending);
        await proxy.UntilNothingIsInFlightAsync();
    }

    [Theory]
    [InlineData("short")]
    [InlineData("much too long")]
    public async Task Body_of_a_handler_that_breaks_its_own_length_never_reaches_the_next_request(string content)
    {
        int calls = 0;
        ProxyFixture.Setup setup = new();
        setup.Wrap = next => new ScriptedHandler((request, cancellationToken) =>
        {
            if (request.Method.Token.SequenceEqual("PATCH"u8))
            {
                int call = 0;
                request.Body = new ScriptedBody(8, async _ =>
                {
                    Interlocked.Increment(ref calls);
                    await Task.Yield();
                    return call++ == 0 ? System.Text.Encoding.ASCII.GetBytes(content) : default;
                });
            }

            return next.HandleAsync(request, cancellationToken);
        });
        using ScriptedBackend backend = new ScriptedBackend().Serve(async link =>
        {
            string head = await link.ReadHeadAsync();
            await link.SendAsync(WireEnd.Response(head.StartsWith("GET / HTTP/1.1\r\n", StringComparison.Ordinal) ? "get" : "patch"));
            await link.ReadToCloseAsync();
        });
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup, backend);
        using (WireEnd client = await proxy.ConnectAsync())
        {
            await client.SendAsync("PATCH / HTTP/1.1\r\nHost: h\r\n\r\n");
            await client.ReadHeadAsync();
            await Until.TrueAsync(() => Volatile.Read(ref calls) > 0, "the body was not read");
        }

        await proxy.UntilNothingIsInFlightAsync();
        using WireEnd next = await proxy.ConnectAsync();
        await next.SendAsync(Get);
        await next.ExpectAsync(WireEnd.Response("get"));
        Assert.Equal(2, backend.Accepted);
    }

    [Fact]
    public async Task Body_of_a_handler_that_fails_ends_the_exchange()
    {
        ProxyFixture.Setup setup = new();
        setup.Wrap = next => new ScriptedHandler((request, cancellationToken) =>
        {
            int call = 0;
            request.Body = new ScriptedBody(null, async _ =>
            {
                await Task.Yield();
                return call++ == 0 ? new byte[10] : throw new FormatException("a bug");
            });
            return next.HandleAsync(request, cancellationToken);
        });
        using ScriptedBackend backend = new ScriptedBackend().Serve(link => link.ReadToCloseAsync());
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup, backend);
        Assert.StartsWith("HTTP/1.1 500 ", await proxy.AskOnceAsync("POST / HTTP/1.1\r\nHost: h\r\n\r\n"));
        Assert.Contains(proxy.Loggers.Lines, line => line.Text.Contains("a bug", StringComparison.Ordinal));
        await proxy.UntilNothingIsInFlightAsync();
    }
}
