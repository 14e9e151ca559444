using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.Logging;
using Xunit;

namespace GoAround.Core.Tests.Server;

public sealed class HandlerFaultTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Handler_that_throws_is_answered_500_and_logged(bool later)
    {
        await using ProxyFixture proxy = await ProxyFixture.ServeAsync(async (_, _) =>
        {
            if (later)
            {
                await Task.Yield();
            }

            throw new FormatException("a bug");
        });
        string answer = await proxy.AskOnceAsync(Get);
        Assert.StartsWith("HTTP/1.1 500 ", answer);
        Assert.DoesNotContain("a bug", answer);
        Assert.Contains(proxy.Loggers.Lines, line => line.Level == LogLevel.Error && line.Text.Contains("a bug", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Handler_that_is_cancelled_by_something_else_is_answered_500()
    {
        await using ProxyFixture proxy = await ProxyFixture.ServeAsync((_, _) => throw new OperationCanceledException("its own timeout"));
        Assert.StartsWith("HTTP/1.1 500 ", await proxy.AskOnceAsync(Get));
    }

    [Theory]
    [InlineData("12345678", true)]
    [InlineData("1234", false)]
    public async Task Body_that_a_handler_took_away_is_no_part_of_the_next_request(string received, bool staysOpen)
    {
        await using ProxyFixture proxy = await ProxyFixture.ServeAsync((request, _) =>
        {
            request.Body = MessageBody.Empty;
            return new(ProxyResponse.FromText(200, "ok"));
        });
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\n" + received);
        string head = await client.ReadHeadAsync();
        await client.ExpectAsync("ok");
        Assert.Equal(staysOpen, !head.Contains("Connection: close\r\n", StringComparison.Ordinal));
        if (staysOpen)
        {
            await client.SendAsync(Get);
            Assert.StartsWith("HTTP/1.1 200 OK\r\n", await client.ReadHeadAsync());
        }
        else
        {
            await client.ExpectEndAsync();
        }
    }

    [Theory]
    [InlineData(100_000L)]
    [InlineData(null)]
    public async Task Body_that_fails_once_it_has_begun_cuts_the_connection(long? length)
    {
        await using ProxyFixture proxy = await ProxyFixture.ServeAsync((_, _) => new(new ProxyResponse { Body = FailAfter(length, pieces: 2) }));
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", await client.ReadToResetAsync());
    }

    [Fact]
    public async Task Body_that_ends_before_its_length_cuts_the_connection_and_is_logged()
    {
        int calls = 0;
        ScriptedBody body = new(100_000, async _ =>
        {
            await Task.Yield();
            return calls++ < 2 ? new byte[20_000] : default;
        });
        await using ProxyFixture proxy = await ProxyFixture.ServeAsync((_, _) => new(new ProxyResponse { Body = body }));
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", await client.ReadToResetAsync());
        Assert.Contains(proxy.Loggers.Lines, line => line.Level == LogLevel.Error);
    }

    [Fact]
    public async Task Body_that_goes_on_behind_its_length_is_cut_off_there()
    {
        await using ProxyFixture proxy = await ProxyFixture.ServeAsync((_, _) =>
            new(new ProxyResponse { Body = new ScriptedBody(5, _ => new("hello and more"u8.ToArray())) }));
        using WireEnd client = await proxy.ConnectAsync();
        for (int i = 0; i < 2; i++)
        {
            await client.SendAsync(Get);
            Assert.Contains("Content-Length: 5\r\n", await client.ReadHeadAsync());
            await client.ExpectAsync("hello");
        }
    }

    [Fact]
    public async Task Callback_that_throws_when_its_client_leaves_is_logged_and_ends_nothing_else()
    {
        TaskCompletionSource entered = new();
        await using ProxyFixture proxy = await ProxyFixture.ServeAsync(async (_, cancellationToken) =>
        {
            Task never = Task.Delay(Timeout.Infinite, cancellationToken);
            using CancellationTokenRegistration registration = cancellationToken.Register(() => throw new FormatException("a bug")); // called first, being the latest
            entered.TrySetResult();
            await never;
            return ProxyResponse.FromText(200, "never");
        });
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await entered.Task;
        client.Reset();
        await Until.TrueAsync(() => proxy.Events.OpenConnections == 0, "the session did not end");
        await Until.TrueAsync(
            () => proxy.Loggers.Lines.Any(line => line.Level == LogLevel.Error && line.Text.Contains("a bug", StringComparison.Ordinal)), "not logged");
    }

    [Fact]
    public async Task Response_is_disposed_once_whatever_happens_to_it()
    {
        int released = 0;
        await using ProxyFixture proxy = await ProxyFixture.ServeAsync((request, _) =>
        {
            ProxyResponse response = new() { Body = request.Target.Span.SequenceEqual("/fail"u8) ? FailAfter(null, 1) : MessageBody.Empty };
            response.AddLease(new CountedLease(() => Interlocked.Increment(ref released)));
            return new(response);
        });
        await proxy.AskOnceAsync("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        Assert.Equal(1, released);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("GET /fail HTTP/1.1\r\nHost: h\r\n\r\n");
        await client.ReadToCloseAsync();
        await Until.TrueAsync(() => proxy.Events.OpenConnections == 0, "the session did not end");
        Assert.Equal(2, released);
    }

    private static ScriptedBody FailAfter(long? length, int pieces)
    {
        int calls = 0;
        return new ScriptedBody(length, async _ =>
        {
            await Task.Yield();
            return calls++ < pieces ? new byte[20_000] : throw new FormatException("a bug");
        });
    }

    private sealed class CountedLease(Action release) : IResponseLease
    {
        public ValueTask ReleaseAsync(ProxyResponse response)
        {
            release();
            return default;
        }
    }
}
