using System;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core;
using GoAround.Core.Tests.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace GoAround.AspNetCore.Tests;

public sealed class BrokenBackendTests
{
    [Theory]
    [InlineData("Content-Length: 9\r\n\r\nabc", ProxyError.HttpResponseIncomplete)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", ProxyError.HttpResponseIncomplete)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nz\r\n", ProxyError.HttpResponseTransferCoding)]
    public async Task Answer_that_broke_off_is_cut_and_never_looks_whole(string rest, ProxyError error)
    {
        using ScriptedBackend backend = Breaking(rest);
        await using Gateway gateway = await Gateway.OpenAsync(backend);
        using WireEnd client = await gateway.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        string all = await client.ReadToCloseAsync();
        Assert.DoesNotContain("\r\n0\r\n", all, StringComparison.Ordinal);
        Assert.True(all.Length == 0 || all.StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal), all);
        await gateway.UntilIdleAsync(1);
        Assert.Equal((error, 200), Assert.Single(gateway.Events.Errors));
        gateway.ExpectNoErrors();
    }

    [Theory]
    [InlineData("Content-Length: 9\r\n\r\nabc")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")]
    public async Task Stream_of_http2_is_reset_and_the_connection_goes_on(string rest)
    {
        using ScriptedBackend backend = Breaking(rest);
        await using Gateway gateway = await Gateway.OpenAsync(backend);
        using HttpClient client = gateway.Client();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => client.GetStringAsync("/"));
        await gateway.UntilIdleAsync(1);
        Assert.Equal(200, Assert.Single(gateway.Events.Errors).Status);
        gateway.ExpectNoErrors();
    }

    [Fact]
    public async Task Backend_that_breaks_before_its_body_is_known_to_be_whole_is_answered_502_where_nothing_was_sent()
    {
        using ScriptedBackend backend = new ScriptedBackend().Serve(async link =>
        {
            await link.ReadHeadAsync();
            await link.SendAsync("HTTP/1.1 200 OK\r\nX-Leak: 1\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n");
            await link.ReadToCloseAsync();
        });
        await using Gateway gateway = await Gateway.OpenAsync(backend);
        string answer = await gateway.AskOnceAsync("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 502 ", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\nThe backend's answer is malformed.\n", answer, StringComparison.Ordinal);
        Assert.Equal("", HeadText.Field(answer, "X-Leak"));
        Assert.Equal("goaround; error=http_response_transfer_coding", HeadText.Field(answer, "Proxy-Status"));
    }

    [Fact]
    public async Task Client_that_leaves_ends_the_exchange_and_frees_the_slot()
    {
        using ScriptedBackend backend = new();
        await using Gateway gateway = await Gateway.OpenAsync(backend);
        WireEnd client = await gateway.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        client.Reset();
        Assert.Equal("", await link.ReadToCloseAsync());
        await gateway.UntilIdleAsync(1);
        Assert.Equal(("GET", "/", 499), Assert.Single(gateway.Events.Ended));
        gateway.ExpectNoErrors();
    }

    [Fact]
    public async Task Middleware_that_gives_up_answers_for_itself()
    {
        Gateway.Setup setup = new()
        {
            Map = app =>
            {
                app.Use(async (HttpContext context, RequestDelegate next) =>
                {
                    using System.Threading.CancellationTokenSource timeout = new();
                    context.RequestAborted = timeout.Token;
                    Task answering = next(context);
                    await timeout.CancelAsync();
                    await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answering);
                    context.Response.StatusCode = 504;
                });
                app.UseGoAround(Gateway.Pool);
            },
        };
        using ScriptedBackend backend = new ScriptedBackend().Serve(link => link.ReadToCloseAsync());
        await using Gateway gateway = await Gateway.OpenAsync(setup, backend);
        Assert.StartsWith("HTTP/1.1 504 ", await gateway.AskOnceAsync("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"), StringComparison.Ordinal);
        await gateway.UntilIdleAsync(1);
        gateway.ExpectNoErrors();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Answer_that_a_middleware_gives_up_midway_never_looks_whole(bool isHttp2)
    {
        Gateway.Setup setup = new()
        {
            Map = app =>
            {
                app.Use(async (HttpContext context, RequestDelegate next) =>
                {
                    using CancellationTokenSource timeout = new();
                    context.RequestAborted = timeout.Token; // as the middleware of request timeouts does
                    context.Response.OnStarting(timeout.CancelAsync);
                    await next(context);
                });
                app.UseGoAround(Gateway.Pool);
            },
        };
        using ScriptedBackend backend = new ScriptedBackend().Serve(async link =>
        {
            await link.ReadHeadAsync();
            await link.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            await link.ReadToCloseAsync();
        });
        await using Gateway gateway = await Gateway.OpenAsync(setup, backend);
        using HttpClient client = gateway.Client(isHttp2);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => client.GetStringAsync("/"));
        await gateway.UntilIdleAsync(1);
        gateway.ExpectNoErrors();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Body_is_let_go_of_after_its_last_read_also_where_a_callback_of_the_application_throws(bool isHttp2)
    {
        HeldBody body = new();
        Gateway.Setup setup = new()
        {
            Options = options => options.Use((_, _) => new AnsweringHandler(() =>
            {
                ProxyResponse response = new() { Body = body };
                response.AddLease(body);
                return response;
            })),
            Map = app =>
            {
                app.Use((HttpContext context, RequestDelegate next) =>
                {
                    context.Response.OnStarting(() => throw new InvalidOperationException("theirs"));
                    return next(context);
                });
                app.UseGoAround(Gateway.Pool);
            },
        };
        await using Gateway gateway = await Gateway.OpenAsync(setup, Array.Empty<ScriptedBackend>());
        using HttpClient client = gateway.Client(isHttp2);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => client.GetStringAsync("/"));
        Assert.False(await body.Released.Task.WaitAsync(WireEnd.Patience), "a read was under way");
        await gateway.UntilIdleAsync(1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_a_callback_of_the_application_throws_is_told_although_the_read_that_is_given_up_fails_too(bool isHttp2)
    {
        Gateway.Setup setup = new()
        {
            Options = options => options.Use((_, _) => new AnsweringHandler(() => new ProxyResponse { Body = new HeldBody { Fault = new NotSupportedException("the body's") } })),
            Map = app =>
            {
                app.Use((HttpContext context, RequestDelegate next) =>
                {
                    context.Response.OnStarting(() => throw new NotSupportedException("theirs"));
                    return next(context);
                });
                app.UseGoAround(Gateway.Pool);
            },
        };
        await using Gateway gateway = await Gateway.OpenAsync(setup, Array.Empty<ScriptedBackend>());
        using HttpClient client = gateway.Client(isHttp2);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => client.GetStringAsync("/"));
        await gateway.UntilIdleAsync(1);
        Assert.Contains("theirs", Assert.Single(gateway.Logs.Lines, line => line.Id == 7100).Text, StringComparison.Ordinal);
    }

    private static ScriptedBackend Breaking(string rest) => new ScriptedBackend().Serve(async link =>
    {
        await link.ReadHeadAsync();
        await link.SendAsync("HTTP/1.1 200 OK\r\n" + rest);
        link.ShutdownSend();
        await link.ReadToCloseAsync();
    });

    private sealed class AnsweringHandler(Func<ProxyResponse> answer) : ProxyHandler
    {
        public override ValueTask<ProxyResponse> HandleAsync(ProxyRequest request, CancellationToken cancellationToken) => new(answer());
    }

    /// <summary>A body whose reads end by their token only.</summary>
    private sealed class HeldBody : MessageBody, IResponseLease
    {
        private int _reads;

        /// <summary>What a read fails by that is cancelled; null: its cancellation.</summary>
        public Exception? Fault { get; init; }

        /// <summary>Whether a read was under way when it was let go of.</summary>
        public TaskCompletionSource<bool> Released { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override long? Length => null;

        public override async ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _reads);
            try
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
                return default;
            }
            catch (OperationCanceledException) when (Fault is not null)
            {
                throw Fault;
            }
            finally
            {
                Interlocked.Decrement(ref _reads);
            }
        }

        public ValueTask ReleaseAsync(ProxyResponse response)
        {
            Released.SetResult(Volatile.Read(ref _reads) > 0);
            return default;
        }
    }
}
