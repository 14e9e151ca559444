using System;
using System.IO;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Outgoing;

public sealed class OutgoingCancellationTests
{
    [Fact]
    public async Task Token_that_is_cancelled_before_sends_nothing()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        await using OutgoingFixture fixture = new(backend);
        (await fixture.Client.GetAsync("/")).Dispose(); // there is an idle socket
        using HttpRequestMessage request = new(HttpMethod.Get, "http://orders/");
        await ExpectCancelledAsync(fixture.Invoker.SendAsync(request, new CancellationToken(canceled: true)), new CancellationToken(canceled: true));
        await fixture.UntilNothingIsInFlightAsync();
    }

    [Fact]
    public async Task Caller_leaves_the_line()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        await using OutgoingFixture fixture = new(options => options.Pool.ConnectionsPerBackend = 1, null, backend);
        using HttpResponseMessage first = await fixture.Client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);
        using CancellationTokenSource caller = new();
        using HttpRequestMessage request = new(HttpMethod.Get, "http://orders/");
        Task<HttpResponseMessage> second = fixture.Invoker.SendAsync(request, caller.Token);
        await Until.TrueAsync(() => fixture.Balancer.Pool.QueueLength == 1, "the second request did not wait");
        await caller.CancelAsync();
        await ExpectCancelledAsync(second, caller.Token);
        Assert.Equal(0, fixture.Balancer.Pool.QueueLength);
        Assert.Contains((ProxyError.ClientLeft, 499), fixture.Events.Errors);
    }

    [Fact]
    public async Task Caller_leaves_before_the_answer()
    {
        using ScriptedBackend backend = new();
        await using OutgoingFixture fixture = new(backend);
        using CancellationTokenSource caller = new();
        using HttpRequestMessage request = new(HttpMethod.Get, "http://orders/");
        Task<HttpResponseMessage> send = fixture.Invoker.SendAsync(request, caller.Token);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await caller.CancelAsync();
        await ExpectCancelledAsync(send, caller.Token);
        await link.ReadToResetAsync();
        await fixture.UntilNothingIsInFlightAsync();
    }

    [Fact]
    public async Task Caller_leaves_while_its_content_is_sent()
    {
        using ScriptedBackend backend = new();
        await using OutgoingFixture fixture = new(backend);
        using CancellationTokenSource caller = new();
        WrittenContent content = new();
        using HttpRequestMessage request = new(HttpMethod.Post, "http://orders/") { Content = content };
        Task<HttpResponseMessage> send = fixture.Invoker.SendAsync(request, caller.Token);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        Stream target = await content.Target.Task.WaitAsync(WireEnd.Patience);
        await target.WriteAsync("abc"u8.ToArray());
        await caller.CancelAsync();
        await ExpectCancelledAsync(send, caller.Token);
        await Assert.ThrowsAsync<IOException>(() => target.WriteAsync("more"u8.ToArray()).AsTask().WaitAsync(WireEnd.Patience));
        await link.ReadToResetAsync();
        await fixture.UntilNothingIsInFlightAsync();
    }

    [Fact]
    public async Task Caller_leaves_while_it_reads()
    {
        using ScriptedBackend backend = new();
        await using OutgoingFixture fixture = new(backend);
        Task<HttpResponseMessage> send = fixture.Client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
        using HttpResponseMessage response = await send.WaitAsync(WireEnd.Patience);
        Stream stream = await response.Content.ReadAsStreamAsync();
        using CancellationTokenSource reader = new();
        Task<int> read = stream.ReadAsync(new byte[10], reader.Token).AsTask();
        await reader.CancelAsync();
        OperationCanceledException cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.WaitAsync(WireEnd.Patience));
        Assert.Equal(reader.Token, cancelled.CancellationToken);
        await link.ReadToResetAsync();
        await fixture.UntilNothingIsInFlightAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => stream.ReadAsync(new byte[10]).AsTask());
    }

    [Fact]
    public async Task Token_of_the_call_means_nothing_once_the_answer_is_there()
    {
        using ScriptedBackend backend = new();
        await using OutgoingFixture fixture = new(backend);
        using CancellationTokenSource caller = new();
        using HttpRequestMessage request = new(HttpMethod.Get, "http://orders/");
        Task<HttpResponseMessage> send = fixture.Invoker.SendAsync(request, caller.Token);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n");
        using HttpResponseMessage response = await send.WaitAsync(WireEnd.Patience);
        await caller.CancelAsync();
        await link.SendAsync("late");
        Assert.Equal("late", await response.Content.ReadAsStringAsync(CancellationToken.None).WaitAsync(WireEnd.Patience));
    }

    [Fact]
    public async Task Timeout_of_the_client_is_told_as_one()
    {
        using ScriptedBackend backend = new ScriptedBackend().Serve(link => link.ReadToCloseAsync());
        await using OutgoingFixture fixture = new(backend);
        fixture.Client.Timeout = TimeSpan.FromMilliseconds(50);
        TaskCanceledException cancelled = await Assert.ThrowsAsync<TaskCanceledException>(() => fixture.Client.GetAsync("/").WaitAsync(WireEnd.Patience));
        Assert.IsType<TimeoutException>(cancelled.InnerException);
        await fixture.UntilNothingIsInFlightAsync();
        await Until.TrueAsync(() => fixture.Balancer.Connections.CountSockets(backend.Backend).Open == 0, "a socket is left"); // it may be given up while it is dialled
    }

    [Fact]
    public async Task Callers_that_leave_at_any_moment_leave_nothing_behind()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        await using OutgoingFixture fixture = new(options => options.Pool.ConnectionsPerBackend = 4, null, backend);
        int answered = 0;
        int left = 0;
        await Parallel.ForAsync(0, 8, async (_, _) =>
        {
            for (int i = 0; i < 200; i++)
            {
                using CancellationTokenSource caller = new();
                Task<string> get = fixture.Client.GetStringAsync("/", caller.Token);
                if (i % 2 == 0)
                {
                    _ = caller.CancelAsync();
                }

                try
                {
                    Assert.Equal("ok", await get.WaitAsync(WireEnd.Patience, CancellationToken.None));
                    Interlocked.Increment(ref answered);
                }
                catch (OperationCanceledException)
                {
                    Interlocked.Increment(ref left);
                }
            }
        });
        await fixture.UntilNothingIsInFlightAsync();
        Assert.Equal(8 * 200, answered + left);
        Assert.InRange(answered, 8 * 100, 8 * 200);
        Assert.Equal("ok", await fixture.Client.GetStringAsync("/"));
    }

    private static async Task ExpectCancelledAsync(Task<HttpResponseMessage> send, CancellationToken token)
    {
        TaskCanceledException cancelled = await Assert.ThrowsAsync<TaskCanceledException>(() => send.WaitAsync(WireEnd.Patience));
        Assert.Equal(token, cancelled.CancellationToken);
    }
}
