using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Hosting;
using GoAround.Core.Http;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Core.Tests.Outgoing;

public sealed class OutgoingFaultTests
{
    public static TheoryData<ProxyError> Errors => [.. Enum.GetValues<ProxyError>().Where(error => error is not (ProxyError.None or ProxyError.ClientLeft))];

    [Fact]
    public async Task Refused_connection_is_a_connection_error()
    {
        using ScriptedBackend backend = new();
        backend.StopListening();
        await using OutgoingFixture fixture = new(backend);
        await ExpectAsync(fixture.Client.GetAsync("/"), HttpRequestError.ConnectionError, ProxyError.ConnectionRefused);
        Assert.Contains((ProxyError.ConnectionRefused, 502), fixture.Events.Errors);
    }

    [Fact]
    public async Task Unknown_name_is_a_name_resolution_error()
    {
        await using OutgoingFixture fixture = new(options => options.Backends.Add("http://nowhere.invalid"), null);
        await ExpectAsync(fixture.Client.GetAsync("/"), HttpRequestError.NameResolutionError, ProxyError.DnsError);
    }

    [Fact]
    public async Task Untrusted_certificate_is_a_secure_connection_error()
    {
        using ScriptedBackend backend = new ScriptedBackend("https").Serve(link => link.StartTlsAsServerAsync(TestCertificates.Local));
        await using OutgoingFixture fixture = new(backend);
        await ExpectAsync(fixture.Client.GetAsync("/"), HttpRequestError.SecureConnectionError, ProxyError.TlsCertificateError);
    }

    [Fact]
    public async Task No_backend_is_a_connection_error()
    {
        await using OutgoingFixture fixture = new();
        await ExpectAsync(fixture.Client.GetAsync("/"), HttpRequestError.ConnectionError, ProxyError.DestinationUnavailable);
    }

    [Fact]
    public async Task Silent_backend_is_told_with_a_timeout_inside()
    {
        FakeTimeProvider time = new();
        using ScriptedBackend backend = new();
        await using OutgoingFixture fixture = new(null, time, backend);
        Task<HttpResponseMessage> send = fixture.Client.GetAsync("/");
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync(); // before time runs: only the answer is waited for
        HttpRequestException fault = await Assert.ThrowsAsync<HttpRequestException>(() => Until.EndedAsync(send, time));
        Assert.IsType<TimeoutException>(fault.InnerException);
        Assert.Equal(ProxyError.HttpResponseTimeout, fault.Data[nameof(ProxyError)]);
    }

    [Fact]
    public async Task Full_line_is_a_connection_error_and_no_answer()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        await using OutgoingFixture fixture = new(
            options =>
            {
                options.Pool.ConnectionsPerBackend = 1;
                options.Pool.MaxQueue = 0;
            },
            null,
            backend);
        using HttpResponseMessage held = await fixture.Client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);
        await ExpectAsync(fixture.Client.GetAsync("/"), HttpRequestError.ConnectionError, ProxyError.ConnectionLimitReached);
    }

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task Every_error_of_the_balancers_own_is_thrown_with_its_name(ProxyError error)
    {
        using HttpClient client = new(new BalancingHttpHandler(new ScriptedHandler((_, _) => new(ProxyResponse.FromError(502, error, "Why.\n")))));
        HttpRequestException fault = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync("http://orders/"));
        Assert.Equal($"Why. ({error.Name()})", fault.Message);
        Assert.Equal(error, fault.Data[nameof(ProxyError)]);
        Assert.Null(fault.StatusCode);
        bool isUntold = error is ProxyError.ConnectionReadTimeout or ProxyError.ConnectionWriteTimeout or ProxyError.HttpResponseTimeout
            or ProxyError.HttpRequestError or ProxyError.ProxyInternalError or ProxyError.ProxyLoopDetected;
        Assert.Equal(isUntold, fault.HttpRequestError == HttpRequestError.Unknown);
    }

    [Fact]
    public async Task Answer_of_a_step_is_an_answer_unless_it_has_an_error()
    {
        using HttpClient client = new(new BalancingHttpHandler(new ScriptedHandler((_, _) => new(ProxyResponse.FromText(403, "Not you.\n")))));
        using HttpResponseMessage response = await client.GetAsync("http://orders/");
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Equal("Forbidden", response.ReasonPhrase);
        Assert.Equal("Not you.\n", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Failure_of_a_step_that_asks_backends_itself_is_translated()
    {
        BackendException failure = new(BackendFailureStage.Dial, BackendFailureKind.Disconnected, "refused");
        using HttpClient client = new(new BalancingHttpHandler(new ScriptedHandler((_, _) => throw failure)));
        HttpRequestException fault = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync("http://orders/"));
        Assert.Same(failure, fault.InnerException);
        Assert.Equal(HttpRequestError.ConnectionError, fault.HttpRequestError);
    }

    [Fact]
    public async Task Fault_that_a_step_finds_with_the_content_is_translated()
    {
        ClientException refusal = new(413, "too much");
        using HttpClient client = new(new BalancingHttpHandler(new ScriptedHandler((_, _) => throw refusal)));
        HttpRequestException fault = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync("http://orders/"));
        Assert.Same(refusal, fault.InnerException);
        Assert.Equal(ProxyError.HttpRequestError, fault.Data[nameof(ProxyError)]);
    }

    [Fact]
    public void What_a_step_has_set_is_forgotten_with_its_request()
    {
        List<(ProxyRequest Request, ProtocolVersion Version, IPEndPoint? Client)> seen = [];
        using HttpMessageInvoker invoker = new(new BalancingHttpHandler(new ScriptedHandler((request, _) =>
        {
            seen.Add((request, request.Version, request.RemoteEndPoint));
            request.Version = ProtocolVersion.Http10;
            request.RemoteEndPoint = new IPEndPoint(IPAddress.Loopback, 1);
            return new(new ProxyResponse { StatusCode = 204 });
        })));
        for (int i = 0; i < 2; i++)
        {
            Assert.True(invoker.SendAsync(new HttpRequestMessage(HttpMethod.Get, "http://orders/"), default).IsCompletedSuccessfully); // on one thread
        }

        Assert.Same(seen[0].Request, seen[1].Request);
        Assert.Equal((ProtocolVersion.Http11, null), (seen[1].Version, seen[1].Client));
    }

    [Theory]
    [InlineData("ftp://orders/", "GET", typeof(NotSupportedException))]
    [InlineData("http://orders/", "CONNECT", typeof(NotSupportedException))]
    [InlineData("/relative", "GET", typeof(InvalidOperationException))]
    public async Task Request_that_is_none_for_a_backend_is_refused(string target, string method, Type fault)
    {
        await using OutgoingFixture fixture = new();
        using HttpRequestMessage request = new(new HttpMethod(method), new Uri(target, UriKind.RelativeOrAbsolute));
        await Assert.ThrowsAsync(fault, () => fixture.Invoker.SendAsync(request, default));
    }

    [Theory]
    [InlineData("X-A", "b\x01")]
    [InlineData("X-A", "snow \u2603")]
    [InlineData("Transfer-Encoding", "gzip, chunked")]
    public async Task Field_that_cannot_be_sent_is_refused(string name, string value)
    {
        await using OutgoingFixture fixture = new();
        using HttpRequestMessage request = new(HttpMethod.Get, "http://orders/");
        Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        await Assert.ThrowsAsync<HttpRequestException>(() => fixture.Invoker.SendAsync(request, default));
    }

    [Theory]
    [InlineData("x\r\nTransfer-Encoding: chunked")]
    [InlineData("snow\u2603")]
    [InlineData("a b")]
    [InlineData("websocket/")]
    [InlineData("echo, h2c")]
    public async Task Upgrade_that_is_no_list_of_protocols_is_refused(string value)
    {
        await using OutgoingFixture fixture = new();
        using HttpRequestMessage request = new(HttpMethod.Get, "http://orders/");
        request.Headers.Connection.Add("Upgrade");
        Assert.True(request.Headers.TryAddWithoutValidation("Upgrade", value));
        HttpRequestException fault = await Assert.ThrowsAsync<HttpRequestException>(() => fixture.Invoker.SendAsync(request, default));
        Assert.Null(fault.Data[nameof(ProxyError)]);
    }

    [Fact]
    public async Task Lease_that_throws_ends_the_request_once()
    {
        ThrowingLease lease = new();
        List<ProxyRequest> seen = [];
        TaskCompletionSource<ProxyResponse> held = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using HttpMessageInvoker invoker = new(new BalancingHttpHandler(new ScriptedHandler((request, _) =>
        {
            seen.Add(request);
            if (seen.Count > 1)
            {
                return new(held.Task);
            }

            ProxyResponse response = new() { StatusCode = 204 };
            response.AddLease(lease);
            return new(response);
        })));
        Task<HttpResponseMessage>[] sends = [.. Enumerable.Range(0, 3).Select(_ => invoker.SendAsync(new HttpRequestMessage(HttpMethod.Get, "http://orders/"), default))]; // on one thread
        Assert.True(sends[0].IsFaulted);
        Assert.NotSame(seen[1], seen[2]);
        held.SetException(new BackendException(BackendFailureStage.Dial, BackendFailureKind.Disconnected, "refused"));
        await Assert.ThrowsAsync<NotImplementedException>(() => sends[0]);
        await Assert.ThrowsAsync<HttpRequestException>(() => sends[1].WaitAsync(WireEnd.Patience));
        await Assert.ThrowsAsync<HttpRequestException>(() => sends[2].WaitAsync(WireEnd.Patience));
    }

    [Fact]
    public async Task Target_with_bytes_that_would_end_the_request_line_is_refused()
    {
        await using OutgoingFixture fixture = new();
        Uri target = new("http://orders/a HTTP/1.1\r\nX: y", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using HttpRequestMessage request = new(HttpMethod.Get, target);
        await Assert.ThrowsAsync<HttpRequestException>(() => fixture.Invoker.SendAsync(request, default));
    }

    [Theory]
    [InlineData("2.0", HttpVersionPolicy.RequestVersionExact)]
    [InlineData("2.0", HttpVersionPolicy.RequestVersionOrHigher)]
    [InlineData("1.0", HttpVersionPolicy.RequestVersionOrLower)]
    public async Task Version_that_is_not_spoken_is_refused(string version, HttpVersionPolicy policy)
    {
        await using OutgoingFixture fixture = new();
        using HttpRequestMessage request = new(HttpMethod.Get, "http://orders/") { Version = Version.Parse(version), VersionPolicy = policy };
        HttpRequestException fault = await Assert.ThrowsAsync<HttpRequestException>(() => fixture.Invoker.SendAsync(request, default));
        Assert.Equal(HttpRequestError.VersionNegotiationError, fault.HttpRequestError);
    }

    [Fact]
    public async Task Other_backend_answers_where_one_refuses_and_content_is_sent_once_more()
    {
        using ScriptedBackend dead = new();
        dead.StopListening();
        using ScriptedBackend well = new ScriptedBackend().Serve(async link =>
        {
            while (await link.TryReadHeadAsync() is not null)
            {
                Assert.Equal("abc", await link.ReadAsync(3));
                await link.SendAsync(WireEnd.Response("ok"));
            }
        });
        await using OutgoingFixture fixture = new(dead, well);
        for (int i = 0; i < 10; i++)
        {
            using HttpResponseMessage response = await fixture.Client.PostAsync("/", new StringContent("abc"));
            Assert.Equal("ok", await response.Content.ReadAsStringAsync());
        }

        Assert.Contains(fixture.Events.Failures, failure => failure.InnerException is SocketException);
        Assert.Empty(well.Faults);
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(true, 2)]
    [InlineData(false, 0)]
    [InlineData(false, 2)]
    public async Task What_content_does_when_it_is_given_up_harms_no_answer_and_holds_none_up(bool throws, int length)
    {
        using ScriptedBackend backend = new();
        await using OutgoingFixture fixture = new(backend);
        using ManualResetEventSlim answered = new();
        using HttpRequestMessage request = new(HttpMethod.Post, "/")
        {
            Content = new ScriptedContent(async (stream, cancellationToken) =>
            {
                TaskCompletionSource given = new();
                await using CancellationTokenRegistration registration = cancellationToken.Register(() =>
                {
                    given.SetResult();
                    Assert.True(!throws && answered.Wait(WireEnd.Patience), "it throws, or the answer waits for it");
                });
                await stream.WriteAsync("abc"u8.ToArray(), default);
                await given.Task;
            }),
        };
        Task<HttpResponseMessage> send = fixture.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync(WireEnd.Response(new string('x', length)));
        using HttpResponseMessage response = await send.WaitAsync(WireEnd.Patience / 2);
        Assert.Equal(length, (await response.Content.ReadAsStringAsync().WaitAsync(WireEnd.Patience / 2)).Length);
        answered.Set();
        await fixture.UntilNothingIsInFlightAsync();
    }

    private static async Task ExpectAsync(Task<HttpResponseMessage> send, HttpRequestError expected, ProxyError error)
    {
        HttpRequestException fault = await Assert.ThrowsAsync<HttpRequestException>(() => send.WaitAsync(WireEnd.Patience));
        Assert.Equal((expected, error), (fault.HttpRequestError, fault.Data[nameof(ProxyError)]));
    }

    private sealed class ThrowingLease : IResponseLease
    {
        public ValueTask ReleaseAsync(ProxyResponse response) => throw new NotImplementedException();
    }
}
