using System;
using System.IO;
using System.Net;
using System.Net.Http;
using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Core.Tests.Outgoing;

public sealed class OutgoingStreamingTests
{
    [Fact]
    public async Task Content_reaches_the_backend_while_it_is_still_being_written()
    {
        using ScriptedBackend backend = new();
        await using OutgoingFixture fixture = new(backend);
        WrittenContent content = new();
        Task<HttpResponseMessage> send = fixture.Client.PostAsync("/", content);
        using WireEnd link = await backend.AcceptAsync();
        Assert.Contains("\r\nTransfer-Encoding: chunked\r\n", await link.ReadHeadAsync(), StringComparison.Ordinal);
        Stream target = await content.Target.Task.WaitAsync(WireEnd.Patience);
        await target.WriteAsync("one"u8.ToArray());
        await link.ExpectAsync("3\r\none\r\n");
        await target.WriteAsync("two"u8.ToArray());
        await link.ExpectAsync("3\r\ntwo\r\n");
        content.End.SetResult();
        await link.ExpectAsync("0\r\n\r\n");
        await link.SendAsync(WireEnd.Response("ok"));
        using HttpResponseMessage response = await send.WaitAsync(WireEnd.Patience);
        Assert.Equal("ok", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Answer_that_comes_during_the_upload_is_returned_and_both_go_on()
    {
        using ScriptedBackend backend = new();
        await using OutgoingFixture fixture = new(backend);
        WrittenContent content = new();
        using HttpRequestMessage request = new(HttpMethod.Post, "/") { Content = content };
        Task<HttpResponseMessage> send = fixture.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        using HttpResponseMessage response = await send.WaitAsync(WireEnd.Patience);
        await using Stream stream = await response.Content.ReadAsStreamAsync();
        Stream target = await content.Target.Task.WaitAsync(WireEnd.Patience);
        byte[] received = new byte[4];
        for (int i = 0; i < 3; i++)
        {
            await target.WriteAsync("ping"u8.ToArray());
            await link.ExpectAsync("4\r\nping\r\n");
            await link.SendAsync("4\r\npong\r\n");
            await stream.ReadExactlyAsync(received).AsTask().WaitAsync(WireEnd.Patience);
            Assert.Equal("pong"u8.ToArray(), received);
        }

        content.End.SetResult();
        await link.ExpectAsync("0\r\n\r\n");
        await link.SendAsync("0\r\n\r\n");
        Assert.Equal(0, await stream.ReadAsync(received).AsTask().WaitAsync(WireEnd.Patience));
        await fixture.UntilNothingIsInFlightAsync();
        Assert.Equal(1, fixture.Balancer.Connections.CountSockets(backend.Backend).Idle);
    }

    [Fact]
    public async Task Refusal_during_the_upload_is_returned_and_ends_the_writing()
    {
        using ScriptedBackend backend = new();
        await using OutgoingFixture fixture = new(backend);
        WrittenContent content = new();
        Task<HttpResponseMessage> send = fixture.Client.PostAsync("/", content);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        Stream target = await content.Target.Task.WaitAsync(WireEnd.Patience);
        await link.SendAsync(WireEnd.Response("too much", "413 Content Too Large"));
        using HttpResponseMessage response = await send.WaitAsync(WireEnd.Patience);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Equal("too much", await response.Content.ReadAsStringAsync());
        await Assert.ThrowsAsync<IOException>(() => target.WriteAsync("more"u8.ToArray()).AsTask().WaitAsync(WireEnd.Patience));
        await Until.TrueAsync(() => content.Cancellation.IsCancellationRequested, "the content was not told");
    }

    [Fact]
    public async Task Content_that_throws_ends_the_exchange_and_is_what_the_caller_sees()
    {
        using ScriptedBackend backend = new ScriptedBackend().Serve(link => link.ReadToCloseAsync());
        await using OutgoingFixture fixture = new(backend);
        WrittenContent content = new();
        Task<HttpResponseMessage> send = fixture.Client.PostAsync("/", content);
        await content.Target.Task.WaitAsync(WireEnd.Patience);
        content.End.SetException(new InvalidDataException("cannot be read"));
        Exception fault = await Assert.ThrowsAnyAsync<Exception>(() => send.WaitAsync(WireEnd.Patience));
        Assert.IsType<InvalidDataException>(fault is HttpRequestException ? fault.InnerException : fault);
        await fixture.UntilNothingIsInFlightAsync();
        Assert.Equal(0, fixture.Balancer.Connections.CountSockets(backend.Backend).Open);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(9)]
    public async Task Content_of_another_length_than_it_says_is_a_fault_of_the_caller(int bytes)
    {
        using ScriptedBackend backend = new ScriptedBackend().Serve(link => link.ReadToCloseAsync());
        await using OutgoingFixture fixture = new(backend);
        StreamContent content = new(new MemoryStream(new byte[bytes]));
        content.Headers.ContentLength = 5;
        await Assert.ThrowsAsync<HttpRequestException>(() => fixture.Client.PutAsync("/", content).WaitAsync(WireEnd.Patience));
        await fixture.UntilNothingIsInFlightAsync();
        Assert.Equal(0, fixture.Balancer.Connections.CountSockets(backend.Backend).Open);
    }

    [Fact]
    public async Task Expected_100_holds_the_content_back_until_it_comes()
    {
        using ScriptedBackend backend = new();
        await using OutgoingFixture fixture = new(null, new FakeTimeProvider(), backend);
        using HttpRequestMessage request = new(HttpMethod.Post, "http://orders/") { Content = new StringContent("body") };
        request.Headers.ExpectContinue = true;
        Task<HttpResponseMessage> send = fixture.Client.SendAsync(request);
        using WireEnd link = await backend.AcceptAsync();
        Assert.Contains("\r\nExpect: 100-continue\r\n", await link.ReadHeadAsync(), StringComparison.Ordinal);
        Assert.Equal(0, link.Socket.Available);
        await link.SendAsync("HTTP/1.1 100 Continue\r\n\r\n");
        await link.ExpectAsync("body");
        await link.SendAsync(WireEnd.Response("ok"));
        using HttpResponseMessage response = await send.WaitAsync(WireEnd.Patience);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Expected_100_that_does_not_come_is_waited_for_a_second()
    {
        FakeTimeProvider time = new();
        using ScriptedBackend backend = new();
        await using OutgoingFixture fixture = new(
            options => options.Upstream.ResponseTimeout = options.Upstream.BodyTimeout = TimeSpan.FromDays(1), time, backend); // time runs on until the body has come
        using HttpRequestMessage request = new(HttpMethod.Post, "http://orders/") { Content = new StringContent("body") };
        request.Headers.ExpectContinue = true;
        Task<HttpResponseMessage> send = fixture.Client.SendAsync(request);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        Task<string> body = link.ReadAsync(4);
        Assert.Equal("body", await Until.EndedAsync(body, time));
        await link.SendAsync(WireEnd.Response("ok"));
        using HttpResponseMessage response = await send.WaitAsync(WireEnd.Patience);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Final_answer_to_an_expectation_keeps_the_content_unsent()
    {
        using ScriptedBackend backend = new();
        await using OutgoingFixture fixture = new(null, new FakeTimeProvider(), backend);
        using HttpRequestMessage request = new(HttpMethod.Post, "http://orders/") { Content = new StringContent("body") };
        request.Headers.ExpectContinue = true;
        Task<HttpResponseMessage> send = fixture.Client.SendAsync(request);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync(WireEnd.Response("no", "417 Expectation Failed"));
        using HttpResponseMessage response = await send.WaitAsync(WireEnd.Patience);
        Assert.Equal(HttpStatusCode.ExpectationFailed, response.StatusCode);
        Assert.Equal("", await link.ReadToResetAsync());
    }

    [Fact]
    public async Task Response_holds_its_slot_until_its_content_is_read()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("first"));
        await using OutgoingFixture fixture = new(options => options.Pool.ConnectionsPerBackend = 1, null, backend);
        HttpResponseMessage first = await fixture.Client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);
        Task<HttpResponseMessage> second = fixture.Client.GetAsync("/");
        await Until.TrueAsync(() => fixture.Balancer.Pool.QueueLength == 1, "the second request did not wait");
        Assert.Equal("first", await first.Content.ReadAsStringAsync());
        (await second.WaitAsync(WireEnd.Patience)).Dispose();
        Assert.Equal(1, backend.Accepted);
        first.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Response_that_is_disposed_unread_gives_its_slot_back_and_closes_its_socket(bool isAsync)
    {
        using ScriptedBackend backend = new();
        await using OutgoingFixture fixture = new(backend);
        Task<HttpResponseMessage> send = fixture.Client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nsome");
        HttpResponseMessage response = await send.WaitAsync(WireEnd.Patience);
        if (isAsync)
        {
            Stream stream = await response.Content.ReadAsStreamAsync();
            await stream.DisposeAsync();
            await stream.DisposeAsync();
            await Assert.ThrowsAsync<ObjectDisposedException>(() => stream.ReadAsync(new byte[1]).AsTask());
        }

        response.Dispose();
        await fixture.UntilNothingIsInFlightAsync();
        await link.ReadToCloseAsync();
        Assert.Equal(0, fixture.Balancer.Connections.CountSockets(backend.Backend).Open);
    }

    [Fact]
    public async Task Response_that_is_disposed_while_it_is_read_ends_the_read()
    {
        using ScriptedBackend backend = new();
        await using OutgoingFixture fixture = new(backend);
        Task<HttpResponseMessage> send = fixture.Client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
        using HttpResponseMessage response = await send.WaitAsync(WireEnd.Patience);
        Stream stream = await response.Content.ReadAsStreamAsync();
        Task<int> read = stream.ReadAsync(new byte[10]).AsTask();
        await Assert.ThrowsAsync<InvalidOperationException>(() => stream.ReadAsync(new byte[10]).AsTask());
        await stream.DisposeAsync();
        await Assert.ThrowsAsync<IOException>(() => read.WaitAsync(WireEnd.Patience));
        await fixture.UntilNothingIsInFlightAsync();
        await link.ReadToResetAsync();
    }

    [Fact]
    public async Task Forgotten_response_gives_its_slot_back_when_the_collector_finds_it()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nsome");
        await using OutgoingFixture fixture = new(options => options.Pool.ConnectionsPerBackend = 1, null, backend);
        await ForgetAsync(fixture.Client);
        await Until.TrueAsync(
            () =>
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                return fixture.Balancer.Pool.GetStatus()[0].InFlight == 0;
            },
            "the slot is lost");
    }

    [Fact]
    public async Task Content_can_be_read_synchronously()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n");
        await using OutgoingFixture fixture = new(backend);
        using HttpResponseMessage response = await fixture.Client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);
        using StreamReader reader = new(response.Content.ReadAsStream(), Encoding.ASCII);
        Assert.Equal("onetwo", await Task.Run(reader.ReadToEnd).WaitAsync(WireEnd.Patience));
    }

    [Fact]
    public async Task Content_is_read_once()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("once"));
        await using OutgoingFixture fixture = new(backend);
        using HttpResponseMessage response = await fixture.Client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);
        MemoryStream copy = new();
        await response.Content.CopyToAsync(copy);
        Assert.Equal("once"u8.ToArray(), copy.ToArray());
        await Assert.ThrowsAsync<InvalidOperationException>(() => response.Content.CopyToAsync(copy));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task ForgetAsync(HttpClient client)
    {
        HttpResponseMessage response = await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);
        byte[] some = new byte[4];
        await (await response.Content.ReadAsStreamAsync()).ReadExactlyAsync(some);
    }
}
