using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Tests.Upstream;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Core.Tests.Server;

public sealed class ProxyStatusTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

    [Theory]
    [InlineData(400, "GET / HTTP/1.1\r\n\r\n", "Host is missing.")]
    [InlineData(400, "GET / HTTP/1.1\r\nHost: h\r\nX : \"evil\"\r\n\r\n", "White space stands between a field name and its colon.")]
    [InlineData(413, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2000\r\n\r\n", "The body is too large.")]
    [InlineData(413, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n{0}", "The body is too large.")]
    [InlineData(400, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "A chunk size is malformed.")]
    [InlineData(414, "GET /{0} HTTP/1.1\r\nHost: h\r\n\r\n", "The request line is too long.")]
    [InlineData(431, "GET / HTTP/1.1\r\nHost: h\r\nX: {0}{0}{0}{0}\r\n\r\n", "The head is too large.")]
    [InlineData(501, "CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n", "CONNECT is not supported.")]
    [InlineData(505, "GET / HTTP/3.0\r\nHost: h\r\n\r\n", "The protocol version is not supported.")]
    public async Task Client_at_fault_is_told_what_was_wrong_in_our_own_words(int status, string request, string details)
    {
        ProxyFixture.Setup setup = new() { Server = { MaxBodyBytes = 1000 } };
        setup.Wrap = _ => new ScriptedHandler(async (proxied, token) =>
        {
            while (!(await proxied.Body.ReadAsync(token)).IsEmpty)
            {
            }

            return new ProxyResponse();
        });
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(request.Contains("{0}", StringComparison.Ordinal) ? request.Replace("{0}", new string('a', 9000), StringComparison.Ordinal) : request);
        client.ShutdownSend();
        string answer = await client.ReadToEndAsync();
        ExpectError(answer, status, $"http_request_error; details=\"{details}\"");
        Assert.Contains("Connection: close\r\n", answer);
        await Until.TrueAsync(() => !proxy.Events.Ended.IsEmpty, "not counted");
        Assert.Equal([(ProxyError.HttpRequestError, status)], proxy.Events.Errors);
    }

    [Fact]
    public async Task Head_that_does_not_come_in_time_is_the_clients_fault()
    {
        FakeTimeProvider time = new();
        ProxyFixture.Setup setup = ProxyFixture.Setup.Unhurried(time);
        setup.Server.HeadTimeout = TimeSpan.FromSeconds(30);
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HT");
        ExpectError(await Until.EndedAsync(client.ReadToEndAsync(), time), 408, "http_request_error; details=\"The request did not come in time.\"");
    }

    [Fact]
    public async Task Refused_head_request_gets_no_body()
    {
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync();
        foreach (string request in new[] { "HEAD / HTTP/1.1\r\nConnection: close\r\n\r\n", "\r\nHEAD / HTTP/1.1\r\nHost: a b\r\n\r\n", "HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" })
        {
            string answer = await proxy.AskOnceAsync(request);
            Assert.EndsWith("\r\n\r\n", answer);
            Assert.Contains("Proxy-Status: goaround; error=", answer);
            Assert.DoesNotContain("Content-Length: 0\r\n", answer);
        }
    }

    [Fact]
    public async Task No_backend_is_nobodys_connection()
    {
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync();
        ExpectError(await proxy.AskOnceAsync(Get), 503, "destination_unavailable");
        Assert.Equal([(ProxyError.DestinationUnavailable, 503)], proxy.Events.Errors);
    }

    [Fact]
    public async Task Full_queue_is_a_limit()
    {
        ProxyFixture.Setup setup = new() { Pool = { ConnectionsPerBackend = 1, MaxQueue = 0 } };
        using ScriptedBackend backend = new ScriptedBackend().Serve(link => link.ReadToCloseAsync());
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup, backend);
        using WireEnd first = await proxy.ConnectAsync();
        await first.SendAsync(Get);
        await Until.TrueAsync(() => backend.Accepted == 1, "not dialled");
        ExpectError(await proxy.AskOnceAsync(Get), 503, "connection_limit_reached");
    }

    [Fact]
    public async Task Refused_connection_is_told_without_the_backends_address()
    {
        using ScriptedBackend backend = new();
        backend.StopListening();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        string answer = await proxy.AskOnceAsync(Get);
        ExpectError(answer, 502, "connection_refused");
        Assert.DoesNotContain("127.0.0.1", answer);
        Assert.DoesNotContain($"{backend.Port}", answer);
    }

    [Fact]
    public async Task Dial_that_takes_too_long_is_a_gateway_timeout()
    {
        FakeTimeProvider time = new();
        using FullListener full = await FullListener.OpenAsync();
        ProxyFixture.Setup setup = ProxyFixture.Setup.Unhurried(time);
        setup.Upstream.DialTimeout = TimeSpan.FromSeconds(5);
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup);
        await proxy.Pool.ReplaceAsync([Backend.Parse($"http://127.0.0.1:{full.Port}")], default);
        ExpectError(await Until.EndedAsync(proxy.AskOnceAsync(Get), time), 504, "connection_timeout");
    }

    [Fact]
    public async Task Name_that_is_not_looked_up_in_time_is_a_gateway_timeout_of_its_own()
    {
        FakeTimeProvider time = new();
        ProxyFixture.Setup setup = ProxyFixture.Setup.Unhurried(time);
        setup.Upstream.DialTimeout = TimeSpan.FromSeconds(5);
        setup.LookUp = async (_, token) =>
        {
            await Task.Delay(Timeout.Infinite, token);
            return [];
        };
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup);
        await proxy.Pool.ReplaceAsync([Backend.Parse("http://slow-name.invalid")], default);
        ExpectError(await Until.EndedAsync(proxy.AskOnceAsync(Get), time), 504, "dns_timeout");
        await Until.TrueAsync(() => !proxy.Events.Ended.IsEmpty, "not counted");
        Assert.Equal([(ProxyError.DnsTimeout, 504)], proxy.Events.Errors);
    }

    [Fact]
    public async Task Handler_that_fails_is_our_own_error()
    {
        await using ProxyFixture proxy = await ProxyFixture.ServeAsync((_, _) => throw new FormatException("secret"));
        string answer = await proxy.AskOnceAsync(Get);
        ExpectError(answer, 500, "proxy_internal_error");
        Assert.DoesNotContain("secret", answer);
        Assert.Equal([(ProxyError.ProxyInternalError, 500)], proxy.Events.Errors);
    }

    [Fact]
    public async Task Error_of_a_handler_is_told_and_counted_like_one_of_ours_on_a_connection_that_stays()
    {
        await using ProxyFixture proxy = await ProxyFixture.ServeAsync((_, _) => new(ProxyResponse.FromError(403, ProxyError.HttpRequestError, "no\n")));
        using WireEnd client = await proxy.ConnectAsync();
        for (int i = 0; i < 2; i++)
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
            Assert.Contains("Proxy-Status: goaround; error=http_request_error\r\n", await client.ReadUntilAsync("no\n"));
        }

        await Until.TrueAsync(() => proxy.Events.Ended.Count == 2, "not counted");
        Assert.Equal([(ProxyError.HttpRequestError, 403), (ProxyError.HttpRequestError, 403)], proxy.Events.Errors);
    }

    [Theory]
    [InlineData("edge-7", "edge-7")]
    [InlineData("*x", "*x")]
    [InlineData("7th", "\"7th\"")]
    [InlineData("-", "\"-\"")]
    public async Task Name_is_an_item_of_structured_fields(string name, string expected)
    {
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(new ProxyFixture.Setup { Server = { ProxyName = name } });
        Assert.Contains($"Proxy-Status: {expected}; error=destination_unavailable\r\n", await proxy.AskOnceAsync(Get));
    }

    [Fact]
    public async Task Message_that_is_no_plain_text_stays_out_of_the_field()
    {
        await using ProxyFixture proxy = await ProxyFixture.ServeAsync((_, _) => throw new ClientException(400, "a \"quote\" from é"));
        ExpectError(await proxy.AskOnceAsync(Get), 400, "http_request_error");
    }

    [Fact]
    public async Task What_a_backend_says_of_proxies_and_servers_is_passed_on_untouched()
    {
        const string Answer = "HTTP/1.1 502 Bad Gateway\r\nDate: D\r\nServer: inner/1\r\nProxy-Status: inner; error=dns_error\r\nContent-Length: 2\r\n\r\nno";
        using ScriptedBackend backend = new ScriptedBackend().Answer(Answer);
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        await client.ExpectAsync(Answer);
        await Until.TrueAsync(() => !proxy.Events.Ended.IsEmpty, "not counted");
        Assert.Empty(proxy.Events.Errors);
    }

    [Fact]
    public async Task Date_is_added_where_it_is_missing_and_server_never()
    {
        FakeTimeProvider time = new(new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero));
        using ScriptedBackend backend = new ScriptedBackend().Answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(new ProxyFixture.Setup { Time = time }, backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        await client.ExpectAsync("HTTP/1.1 200 OK\r\nDate: Sun, 22 Nov 2026 12:00:00 GMT\r\nContent-Length: 2\r\n\r\nok");
    }

    [Theory]
    [InlineData(ProxyError.ClientLeft)]
    [InlineData((ProxyError)200)]
    public async Task What_is_no_error_of_the_rfc_is_not_told(ProxyError error)
    {
        await using ProxyFixture proxy = await ProxyFixture.ServeAsync((_, _) => new(ProxyResponse.FromError(403, error, "no\n")));
        Assert.DoesNotContain("Proxy-Status", await proxy.AskOnceAsync(Get));
    }

    [Fact]
    public void Every_error_has_a_name_of_its_own()
    {
        string[] names = [.. Enum.GetValues<ProxyError>().Select(error => error.Name())];
        Assert.Equal("", names[0]);
        Assert.Equal(names.Length, names.Distinct().Count());
        Assert.Equal("", ((ProxyError)200).Name());
        Assert.All(Enum.GetValues<ProxyError>()[1..], error => Assert.Equal(error.ToString(), error.Name().Replace("_", "", StringComparison.Ordinal), ignoreCase: true));
    }

    /// <summary>The answer is one of our own, and says all it must.</summary>
    private static void ExpectError(string answer, int status, string error)
    {
        string[] parts = answer.Split("\r\n\r\n", 2);
        string[] lines = parts[0].Split("\r\n");
        Assert.StartsWith($"HTTP/1.1 {status} ", lines[0]);
        Assert.Contains($"Proxy-Status: goaround; error={error}", lines);
        Assert.Contains("Cache-Control: no-store", lines);
        Assert.Contains("Content-Type: text/plain; charset=utf-8", lines);
        Assert.Contains(lines, line => line.StartsWith("Date: ", StringComparison.Ordinal));
        Assert.Contains($"Content-Length: {System.Text.Encoding.Latin1.GetByteCount(parts[1])}", lines);
        Assert.DoesNotContain(lines, line => line.StartsWith("Server:", StringComparison.OrdinalIgnoreCase));
        Assert.EndsWith("\n", parts[1]);
    }
}
