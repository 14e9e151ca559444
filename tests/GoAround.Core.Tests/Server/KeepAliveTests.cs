using System.Linq;
using System.Text;
using System.Threading.Tasks;
using GoAround.Core.Tests.Sockets;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Core.Tests.Server;

public sealed class KeepAliveTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

    [Fact]
    public async Task Connection_serves_one_request_after_the_other()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        for (int i = 0; i < 100; i++)
        {
            await client.SendAsync(Get);
            await client.ExpectAsync(WireEnd.Response("ok"));
        }

        Assert.Equal(1, backend.Accepted);
        Assert.Equal(1, proxy.Events.OpenedConnections);
    }

    [PolledTheory]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "", true)]
    [InlineData("GET / HTTP/1.0\r\n\r\n", "", true)]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "GET ", false)] // a reset would meet the answer on its way
    [InlineData("POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 2\r\n\r\nab", "", false)] // some send CRLF behind it
    public async Task Client_that_said_it_is_done_is_not_waited_for(string request, string behind, bool isAtOnce)
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        FakeTimeProvider time = new(); // which would end the wait
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(new ProxyFixture.Setup { Time = time }, backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(request + behind);
        Assert.EndsWith("\r\n\r\nok", await client.ReadToEndAsync());
        if (isAtOnce)
        {
            await Until.TrueAsync(() => proxy.Events.OpenConnections == 0, "the connection waits for its client's end");
        }
        else
        {
            await client.SendAsync("\r\n");
            Assert.Equal(1, proxy.Events.OpenConnections);
            client.ShutdownSend();
            await Until.TrueAsync(() => proxy.Events.OpenConnections == 0, "the connection did not end with its client");
        }
    }

    [Fact]
    public async Task Pipelined_requests_are_answered_in_order()
    {
        using ScriptedBackend backend = new ScriptedBackend().Serve(async link =>
        {
            while (await link.TryReadHeadAsync() is { } head)
            {
                await link.SendAsync(WireEnd.Response(head.Split(' ')[1]));
            }
        });
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(string.Concat(Enumerable.Range(0, 200).Select(i => $"GET /{i} HTTP/1.1\r\nHost: h\r\n\r\n")));
        for (int i = 0; i < 200; i++)
        {
            await client.ExpectAsync(WireEnd.Response($"/{i}"));
        }
    }

    [Fact]
    public async Task Pipelined_requests_with_bodies_keep_their_bodies_apart()
    {
        using ScriptedBackend backend = new ScriptedBackend().Serve(EchoAsync);
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        StringBuilder requests = new();
        StringBuilder answers = new();
        for (int i = 0; i < 60; i++)
        {
            string body = new((char)('a' + (i % 26)), 1 + (i * 97));
            requests.Append($"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {body.Length}\r\n\r\n{body}");
            answers.Append(WireEnd.Response(body));
        }

        Task sending = client.SendAsync(requests.ToString());
        await client.ExpectAsync(answers.ToString());
        await sending;
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Next_request_that_follows_a_large_upload_at_once_does_not_touch_its_body()
    {
        using ScriptedBackend backend = new ScriptedBackend().Serve(EchoAsync);
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        for (int round = 0; round < 50; round++)
        {
            string body = new((char)('a' + (round % 26)), 100_000 + (round * 1001));
            string request = $"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {body.Length}\r\n\r\n{body}";
            Task sending = client.SendAsync(request + Get + Get);
            await client.ExpectAsync(WireEnd.Response(body) + WireEnd.Response("") + WireEnd.Response(""));
            await sending;
        }
    }

    [Fact]
    public async Task Client_of_http_1_0_is_closed_after_its_answer()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        string answer = await proxy.AskOnceAsync("GET / HTTP/1.0\r\n\r\n");
        Assert.Equal("HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", answer);
    }

    [Fact]
    public async Task Client_of_http_1_0_that_asks_for_it_is_kept_alive()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        for (int i = 0; i < 3; i++)
        {
            await client.SendAsync("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
            await client.ExpectAsync("HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok");
        }
    }

    [Fact]
    public async Task Client_that_asks_for_it_is_closed_after_its_answer()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        string answer = await proxy.AskOnceAsync("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" + Get);
        Assert.EndsWith("Connection: close\r\n\r\nok", answer);
        Assert.Single(backend.Heads);
    }

    [Theory]
    [InlineData("HEAD", "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 5000\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 204 No Content\r\nDate: D\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 304 Not Modified\r\nDate: D\r\nContent-Length: 77\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 304 Not Modified\r\nDate: D\r\n\r\n")]
    public async Task Response_without_a_body_leaves_both_connections_open(string method, string response)
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(response);
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        for (int i = 0; i < 3; i++)
        {
            await client.SendAsync($"{method} / HTTP/1.1\r\nHost: h\r\n\r\n");
            await client.ExpectAsync(response);
        }

        Assert.Equal(1, backend.Accepted);
    }

    [Fact]
    public async Task Body_that_no_handler_reads_is_dropped_and_the_connection_stays()
    {
        await using ProxyFixture proxy = await ProxyFixture.ServeAsync((_, _) => new(ProxyResponse.FromText(200, "ok")));
        using WireEnd client = await proxy.ConnectAsync();
        for (int i = 0; i < 3; i++)
        {
            await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody");
            Assert.DoesNotContain("Connection: close", await client.ReadHeadAsync());
            await client.ExpectAsync("ok");
        }
    }

    [Theory]
    [InlineData(10)]
    [InlineData(3_000)]
    [InlineData(200_000)]
    public async Task Handler_may_answer_with_the_request_body_itself(int length)
    {
        await using ProxyFixture proxy = await ProxyFixture.ServeAsync((request, _) => new(new ProxyResponse { Body = request.Body }));
        using WireEnd client = await proxy.ConnectAsync();
        string body = new('b', length);
        Task sending = client.SendAsync($"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n{body}");
        Assert.Contains($"Content-Length: {length}\r\n", await client.ReadHeadAsync());
        await client.ExpectAsync(body);
        await sending;
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task What_a_handler_changes_in_a_request_does_not_reach_the_next_one()
    {
        await using ProxyFixture proxy = await ProxyFixture.ServeAsync((request, _) =>
        {
            string seen = $"{request.Scheme} {request.RemoteEndPoint?.Address} {request.Fields.Count}";
            request.Scheme = "gopher";
            request.RemoteEndPoint = null;
            request.Fields.Add("X-More", "1");
            return new(ProxyResponse.FromText(200, seen));
        });
        using WireEnd client = await proxy.ConnectAsync();
        for (int i = 0; i < 3; i++)
        {
            await client.SendAsync(Get);
            await client.ReadHeadAsync();
            await client.ExpectAsync("http 127.0.0.1 4");
        }
    }

    private static async Task EchoAsync(WireEnd link)
    {
        while (await link.TryReadHeadAsync() is { } head)
        {
            string? length = head.Split("\r\n").FirstOrDefault(line => line.StartsWith("Content-Length:", System.StringComparison.Ordinal));
            string body = length is null ? "" : await link.ReadAsync(int.Parse(length.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture));
            await link.SendAsync(WireEnd.Response(body));
        }
    }
}
