using System;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using GoAround.Core;
using GoAround.Core.Tests.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.AspNetCore.Tests;

public sealed class RequestBodyTests
{
    private static readonly string Large = new(Enumerable.Range(0, 300_000).Select(i => (char)('a' + (i % 26))).ToArray());

    [Fact]
    public async Task Body_of_known_length_and_one_of_chunks_arrive_whole()
    {
        using ScriptedBackend backend = Echo();
        await using Gateway gateway = await Gateway.OpenAsync(backend);
        using WireEnd client = await gateway.ConnectAsync();
        await client.SendAsync($"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {Large.Length}\r\n\r\n{Large}");
        ReceivedAnswer known = await ReceivedAnswer.ReadAsync(client);
        Assert.Equal(Large, known.Body);
        await client.SendAsync($"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n{Large.Length:x}\r\n{Large}\r\n0\r\n\r\n");
        Assert.Equal(Large, (await ReceivedAnswer.ReadAsync(client)).Body);
        await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
        Assert.Equal("", (await ReceivedAnswer.ReadAsync(client)).Body);
        await gateway.UntilIdleAsync(3);
        Assert.Equal(1, backend.Accepted); // and left the socket fit for the next
        gateway.ExpectNoErrors();
    }

    [Fact]
    public async Task Trailers_of_a_request_arrive_but_for_those_that_frame_or_route()
    {
        using ScriptedBackend backend = new();
        await using Gateway gateway = await Gateway.OpenAsync(backend);
        using WireEnd client = await gateway.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\nAuthorization: x\r\nX-Sum: 2\r\n\r\n");
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.ExpectAsync("3\r\nabc\r\n0\r\nX-Sum: 1\r\nX-Sum: 2\r\n\r\n");
        await link.SendAsync(WireEnd.Response("ok"));
        Assert.Equal(200, (await ReceivedAnswer.ReadAsync(client)).StatusCode);
    }

    [Fact]
    public async Task Pieces_go_out_as_they_come_and_an_answer_may_come_before_the_end()
    {
        using ScriptedBackend backend = new();
        await using Gateway gateway = await Gateway.OpenAsync(backend);
        using WireEnd client = await gateway.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.ExpectAsync("1\r\na\r\n");
        await link.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nA\r\n");
        Assert.Contains(" 200 OK", await client.ReadHeadAsync(), StringComparison.Ordinal);
        await client.ExpectAsync("1\r\nA\r\n");
        await client.SendAsync("1\r\nb\r\n");
        await link.ExpectAsync("1\r\nb\r\n");
        await link.SendAsync("1\r\nB\r\n");
        await client.ExpectAsync("1\r\nB\r\n");
        await client.SendAsync("0\r\n\r\n");
        await link.ExpectAsync("0\r\n\r\n");
        await link.SendAsync("0\r\n\r\n");
        await client.ExpectAsync("0\r\n\r\n");
        await gateway.UntilIdleAsync(1);
        gateway.ExpectNoErrors();
    }

    [Fact]
    public async Task Body_is_asked_for_when_the_backend_asks_for_it()
    {
        using ScriptedBackend backend = new();
        await using Gateway gateway = await Gateway.OpenAsync(backend);
        using WireEnd client = await gateway.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
        using WireEnd link = await backend.AcceptAsync();
        Assert.Equal("100-continue", HeadText.Field(await link.ReadHeadAsync(), "Expect"));
        await link.SendAsync("HTTP/1.1 100 Continue\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 100 ", await client.ReadHeadAsync(), StringComparison.Ordinal);
        await client.SendAsync("abc");
        await link.ExpectAsync("abc");
        await link.SendAsync(WireEnd.Response("ok"));
        Assert.Equal("ok", (await ReceivedAnswer.ReadAsync(client)).Body);
        await gateway.UntilIdleAsync(1);
        gateway.ExpectNoErrors();
    }

    [Fact]
    public async Task Backend_that_refuses_an_expectation_is_sent_no_body_and_its_client_is_not_asked_for_one()
    {
        using ScriptedBackend backend = new();
        Gateway.Setup setup = new() { Services = services => services.AddSingleton<TimeProvider>(new FakeTimeProvider()) }; // the second for which a backend is waited for does not pass
        await using Gateway gateway = await Gateway.OpenAsync(setup, backend);
        using WireEnd client = await gateway.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\nConnection: close\r\n\r\n");
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync(WireEnd.Response("no", "417 Expectation Failed"));
        ReceivedAnswer answer = await ReceivedAnswer.ReadAsync(client);
        Assert.Equal((417, "no", ""), (answer.StatusCode, answer.Body, answer.Interim));
        Assert.Equal("", await link.ReadToCloseAsync());
    }

    [Fact]
    public async Task Backend_that_never_asks_gets_the_body_after_a_while()
    {
        using ScriptedBackend backend = new();
        await using Gateway gateway = await Gateway.OpenAsync(backend);
        using WireEnd client = await gateway.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc");
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.ExpectAsync("abc");
        await link.SendAsync(WireEnd.Response("ok"));
        Assert.Equal("ok", (await ReceivedAnswer.ReadAsync(client)).Body);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Answer_to_half_a_body_reaches_the_client_whose_connection_goes_on_behind_the_rest(bool isChunked)
    {
        using ScriptedBackend backend = new();
        await using Gateway gateway = await Gateway.OpenAsync(backend);
        using WireEnd client = await gateway.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\n" + (isChunked ? "Transfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n" : "Content-Length: 8\r\n\r\nabcd"));
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.ExpectAsync(isChunked ? "4\r\nabcd\r\n" : "abcd");
        await link.SendAsync(WireEnd.Response("early"));
        Assert.Equal("early", (await ReceivedAnswer.ReadAsync(client)).Body);
        await client.SendAsync((isChunked ? "4\r\nefgh\r\n0\r\n\r\n" : "efgh") + "GET /next HTTP/1.1\r\nHost: h\r\n\r\n");
        using WireEnd next = await backend.AcceptAsync();
        Assert.StartsWith("GET /next ", await next.ReadHeadAsync(), StringComparison.Ordinal);
        await next.SendAsync(WireEnd.Response("next"));
        Assert.Equal("next", (await ReceivedAnswer.ReadAsync(client)).Body);
        await gateway.UntilIdleAsync(2);
        gateway.ExpectNoErrors();
    }

    [Fact]
    public async Task Answer_whose_head_came_before_the_rest_of_the_body_stays_whole_where_that_is_malformed()
    {
        TaskCompletionSource failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Gateway.Setup setup = new()
        {
            Options = options => options.Use((_, next) => new ScriptedHandler((request, cancellationToken) =>
            {
                MessageBody body = request.Body;
                request.Body = new ScriptedBody(null, async token =>
                {
                    try
                    {
                        return await body.ReadAsync(token);
                    }
                    catch (ClientException)
                    {
                        failed.SetResult();
                        throw;
                    }
                });
                return next.HandleAsync(request, cancellationToken);
            })),
        };
        using ScriptedBackend backend = new();
        await using Gateway gateway = await Gateway.OpenAsync(setup, backend);
        using WireEnd client = await gateway.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n");
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.ExpectAsync("4\r\nabcd\r\n");
        await link.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nearly");
        Assert.Contains(" 200 OK", await client.ReadHeadAsync(), StringComparison.Ordinal);
        await client.ExpectAsync("early");
        await client.SendAsync("malformed\r\n");
        await failed.Task.WaitAsync(WireEnd.Patience);
        await link.SendAsync(" bird");
        await client.ExpectAsync(" bird");
        await client.ExpectEndAsync();
        Assert.Equal("", await link.ReadToCloseAsync());
        await gateway.UntilIdleAsync(1);
        Assert.Equal([("POST", "/", 200)], gateway.Events.Ended);
        gateway.ExpectNoErrors();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Next_backend_gets_the_whole_body_again(bool isChunked)
    {
        using ScriptedBackend first = new();
        using ScriptedBackend second = new();
        await using Gateway gateway = await Gateway.OpenAsync(first, second);
        using WireEnd client = await gateway.ConnectAsync();
        await client.SendAsync("PUT / HTTP/1.1\r\nHost: h\r\n" + (isChunked ? "Transfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n" : "Content-Length: 8\r\n\r\nabcd"));
        (ScriptedBackend next, WireEnd broken) = await AcceptAnyAsync(first, second);
        await broken.ReadHeadAsync();
        await broken.ExpectAsync(isChunked ? "4\r\nabcd\r\n" : "abcd"); // the rest is waited for
        broken.Reset();
        using WireEnd link = await next.AcceptAsync();
        await link.ReadHeadAsync();
        await link.ExpectAsync(isChunked ? "4\r\nabcd\r\n" : "abcd");
        await client.SendAsync(isChunked ? "4\r\nefgh\r\n0\r\n\r\n" : "efgh");
        await link.ExpectAsync(isChunked ? "4\r\nefgh\r\n0\r\n\r\n" : "efgh");
        await link.SendAsync(WireEnd.Response("ok"));
        Assert.Equal("ok", (await ReceivedAnswer.ReadAsync(client)).Body);
        await gateway.UntilIdleAsync(1);
        gateway.ExpectNoErrors();
    }

    [Theory]
    [InlineData("Content-Length: 11\r\n\r\n", true, 413, "The body is too large.")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n0\r\n\r\n", false, 413, "The body is too large.")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nz\r\n", false, 400, "The body is malformed.")]
    public async Task Body_that_Kestrel_refuses_is_answered_as_what_it_is(string rest, bool isKnownBefore, int status, string why)
    {
        using ScriptedBackend backend = new ScriptedBackend().Serve(link => link.ReadToCloseAsync());
        await using Gateway gateway = await Gateway.OpenAsync(new Gateway.Setup { Kestrel = kestrel => kestrel.Limits.MaxRequestBodySize = 10 }, backend);
        using WireEnd client = await gateway.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\n" + rest);
        ReceivedAnswer answer = await ReceivedAnswer.ReadAsync(client);
        Assert.Equal((status, why + "\n"), (answer.StatusCode, answer.Body));
        await gateway.UntilIdleAsync(1);
        Assert.Equal((ProxyError.HttpRequestError, status), Assert.Single(gateway.Events.Errors));
        int expected = isKnownBefore ? 0 : 1;
        await Until.TrueAsync(() => backend.Accepted >= expected, "no backend was asked"); // it may come to accept what was dialled only now
        Assert.Equal(expected, backend.Accepted);
        gateway.ExpectNoErrors();
    }

    [Theory]
    [InlineData(10L, null)] // Server.MaxBodyBytes
    [InlineData(null, 10L)] // of the route
    public async Task Limit_may_be_the_pools_or_the_routes(long? ofPool, long? ofRoute)
    {
        using ScriptedBackend backend = new ScriptedBackend().Serve(link => link.ReadToCloseAsync());
        await using Gateway gateway = await Gateway.OpenAsync(
            new Gateway.Setup
            {
                Options = options => options.Server.MaxBodyBytes = ofPool,
                Map = app => app.MapGoAround("/{**rest}", Gateway.Pool).WithMetadata(ofRoute is { } most ? new RequestSizeLimitAttribute(most) : new DisableRequestSizeLimitAttribute()),
            },
            backend);
        using WireEnd client = await gateway.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n0\r\n\r\n");
        Assert.Equal(413, (await ReceivedAnswer.ReadAsync(client)).StatusCode);
    }

    [Fact]
    public async Task Client_that_leaves_in_the_middle_of_its_body_ends_the_exchange_and_is_counted()
    {
        using ScriptedBackend backend = new();
        await using Gateway gateway = await Gateway.OpenAsync(backend);
        WireEnd client = await gateway.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\nabcd");
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.ExpectAsync("abcd");
        client.Reset();
        Assert.Equal("", await link.ReadToCloseAsync());
        await gateway.UntilIdleAsync(1);
        Assert.Equal((ProxyError.ClientLeft, 499), Assert.Single(gateway.Events.Errors));
        gateway.ExpectNoErrors();
    }

    private static ScriptedBackend Echo() => new ScriptedBackend().Serve(async link =>
    {
        while (await ReceivedRequest.TryReadAsync(link) is { } request)
        {
            await link.SendAsync(Encoding.Latin1.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {request.Body.Length}\r\n\r\n{request.Body}"));
        }
    });

    /// <summary>Waits for whichever is asked first; returns the other one, and the connection.</summary>
    private static async Task<(ScriptedBackend Other, WireEnd Link)> AcceptAnyAsync(ScriptedBackend first, ScriptedBackend second)
    {
        await Until.TrueAsync(() => first.IsAsked || second.IsAsked, "no backend was asked");
        return first.IsAsked ? (second, await first.AcceptAsync()) : (first, await second.AcceptAsync());
    }
}
