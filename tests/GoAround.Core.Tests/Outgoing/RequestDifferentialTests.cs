using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Threading.Tasks;
using GoAround.Core.Hosting;
using GoAround.Core.Tests.Pool;
using GoAround.Core.Tests.Proof;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Outgoing;

/// <summary>What an application sends reaches a server as over SocketsHttpHandler.</summary>
public sealed class RequestDifferentialTests
{
    private static readonly Dictionary<string, Func<string, HttpRequestMessage>> Requests = new()
    {
        ["get"] = address => new HttpRequestMessage(HttpMethod.Get, address + "/a/b?c=d&e"),
        ["escapes"] = address => new HttpRequestMessage(HttpMethod.Get, address + "/%41/ä b/%2F?q=%20ü|\"#fragment"),
        ["head"] = address => new HttpRequestMessage(HttpMethod.Head, address),
        ["options"] = address => new HttpRequestMessage(HttpMethod.Options, address),
        ["delete"] = address => new HttpRequestMessage(HttpMethod.Delete, address),
        ["lower-case method"] = address => new HttpRequestMessage(new HttpMethod("get"), address),
        ["own method"] = address => new HttpRequestMessage(new HttpMethod("Mkcol"), address),
        ["query method"] = address => new HttpRequestMessage(new HttpMethod("QUERY"), address) { Content = new StringContent("select") },
        ["empty post"] = address => new HttpRequestMessage(HttpMethod.Post, address),
        ["empty content"] = address => new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent([]) },
        ["empty patch"] = address => new HttpRequestMessage(HttpMethod.Patch, address),
        ["string"] = address => new HttpRequestMessage(HttpMethod.Put, address) { Content = new StringContent("grüße", Encoding.UTF8, "text/plain") },
        ["memory"] = address => new HttpRequestMessage(HttpMethod.Patch, address) { Content = new ReadOnlyMemoryContent("abc"u8.ToArray()) },
        ["form"] = address => new HttpRequestMessage(HttpMethod.Post, address) { Content = new FormUrlEncodedContent([new("a", "1 2"), new("b", "ö")]) },
        ["json"] = address => new HttpRequestMessage(HttpMethod.Post, address) { Content = JsonContent.Create(new { Id = 7, Text = new string('x', 100_000) }) },
        ["multipart"] = address => new HttpRequestMessage(HttpMethod.Post, address)
        {
            Content = new MultipartFormDataContent("bound") { { new StringContent("one"), "first" }, { new ByteArrayContent([1, 2, 3]), "second", "file.bin" } },
        },
        ["seekable stream"] = address => new HttpRequestMessage(HttpMethod.Put, address) { Content = new StreamContent(new MemoryStream(new byte[70_000])) },
        ["get with content"] = address => new HttpRequestMessage(HttpMethod.Get, address) { Content = new StringContent("why not") },
        ["chunked on demand"] = address => With(
            new HttpRequestMessage(HttpMethod.Post, address) { Content = new StringContent("known length") }, request => request.Headers.TransferEncodingChunked = true),
        ["expect"] = address => With(
            new HttpRequestMessage(HttpMethod.Post, address) { Content = new StringContent("awaited") }, request => request.Headers.ExpectContinue = true),
        ["host"] = address => With(new HttpRequestMessage(HttpMethod.Get, address), request => request.Headers.Host = "other.example:81"),
        ["fields"] = address => With(new HttpRequestMessage(HttpMethod.Get, address), AddFields),
        ["trailers accepted"] = address => With(new HttpRequestMessage(HttpMethod.Get, address), request => request.Headers.TE.ParseAdd("trailers")),
        ["content fields"] = address => With(
            new HttpRequestMessage(HttpMethod.Put, address) { Content = new ByteArrayContent([1, 2]) },
            request =>
            {
                request.Content!.Headers.ContentType = MediaTypeHeaderValue.Parse("application/x-thing; q=1"); // set above
                request.Content.Headers.ContentEncoding.Add("gzip");
                request.Content.Headers.Allow.Add("GET");
                request.Content.Headers.Allow.Add("PUT");
                request.Content.Headers.LastModified = DateTimeOffset.UnixEpoch;
            }),
    };

    public static TheoryData<string> Names => [.. Requests.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Request_is_seen_as_over_the_frameworks_handler(string name)
    {
        await using KestrelServer server = await KestrelServer.OpenAsync();
        string address = $"http://127.0.0.1:{server.Port}";
        using HttpClient plain = new(new SocketsHttpHandler { UseProxy = false, ActivityHeadersPropagator = null });
        await using ScriptedBackends health = new();
        using HttpClient balanced = new(new BalancingHttpHandler(options => options.Backends.Add(address), new BalancerParts { HealthMonitor = health }));
        string expected = await SeenAsync(server, plain, Requests[name](address));
        string actual = await SeenAsync(server, balanced, Requests[name](address));
        Assert.Equal(expected, actual);
    }

    [Fact]
    public async Task Logical_name_is_the_host_and_the_backends_base_path_stands_before_the_target()
    {
        using ScriptedBackend backend = new ScriptedBackend(path: "/base").Answer(WireEnd.Response("ok"));
        await using OutgoingFixture fixture = new(backend);
        Assert.Equal("ok", await fixture.Client.GetStringAsync("http://orders:8080/list?x=1"));
        Assert.Equal("ok", await fixture.Client.GetStringAsync("https://[::1]/"));
        Assert.Equal("ok", await fixture.Client.GetStringAsync("http://b\u00fccher.example/"));
        Assert.Equal(
            [
                "GET /base/list?x=1 HTTP/1.1\r\nHost: orders:8080\r\n\r\n",
                "GET /base/ HTTP/1.1\r\nHost: [::1]\r\n\r\n",
                "GET /base/ HTTP/1.1\r\nHost: xn--bcher-kva.example\r\n\r\n",
            ],
            backend.Heads);
    }

    [Fact]
    public async Task What_is_about_the_connection_is_not_sent()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        await using OutgoingFixture fixture = new(backend);
        using HttpRequestMessage request = With(new HttpRequestMessage(HttpMethod.Get, "http://orders/"), request =>
        {
            request.Headers.ConnectionClose = true;
            request.Headers.Connection.Add("X-Hop");
            request.Headers.Connection.Add("Cookie");
            request.Headers.Add("Keep-Alive", "9");
            request.Headers.Add("X-Hop", "1");
            request.Headers.Add("Cookie", "a=b");
            request.Headers.Add("Upgrade", "websocket"); // Connection does not name it
            request.Headers.Connection.Add("X-Of-Content");
            request.Content = new ByteArrayContent([]);
            request.Content.Headers.Add("X-Of-Content", "1");
            request.Content.Headers.Add("X-Kept", "1");
        });
        using HttpResponseMessage response = await fixture.Client.SendAsync(request);
        Assert.Equal("GET / HTTP/1.1\r\nHost: orders\r\nCookie: a=b\r\nX-Kept: 1\r\n\r\n", Assert.Single(backend.Heads));
    }

    private static async Task<string> SeenAsync(KestrelServer server, HttpClient client, HttpRequestMessage request)
    {
        using HttpResponseMessage response = await client.SendAsync(request).WaitAsync(WireEnd.Patience);
        Assert.Equal(200, (int)response.StatusCode);
        Assert.True(server.Requests.TryDequeue(out GoAround.Fuzz.SeenRequest? seen));
        // Content-Length: 0 may be left out where the method has no meaning for content (RFC 9110 §8.6).
        IEnumerable<string> fields = seen.Fields
            .Where(field => field.Key != "Connection" && (field.Key != "Content-Length" || field.Value != "0" || seen.Method == "POST"))
            .Select(field => $"{field.Key}: {field.Value}")
            .Order(StringComparer.Ordinal);
        return $"{seen.Method} {seen.Target} at {seen.Authority}\n{string.Join("\n", fields)}\n\n{seen.Body}";
    }

    private static HttpRequestMessage With(HttpRequestMessage request, Action<HttpRequestMessage> change)
    {
        change(request);
        return request;
    }

    private static void AddFields(HttpRequestMessage request)
    {
        request.Headers.UserAgent.ParseAdd("Mine/1.0 (a, b) Other/2");
        request.Headers.Accept.ParseAdd("text/html, application/json; q=0.5");
        request.Headers.AcceptLanguage.Add(new StringWithQualityHeaderValue("de", 0.3));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "token==");
        request.Headers.Add("Cookie", "a=1; b=2");
        request.Headers.Add("X-Many", ["1", "2, 3"]);
        request.Headers.TryAddWithoutValidation("X-Spaced", "  in between  ");
        request.Headers.TryAddWithoutValidation("X-Empty", "");
        request.Headers.IfNoneMatch.Add(new EntityTagHeaderValue("\"tag\"", isWeak: true));
        request.Headers.IfModifiedSince = DateTimeOffset.UnixEpoch;
        request.Headers.Range = new RangeHeaderValue(1, 5);
        request.Headers.CacheControl = new CacheControlHeaderValue { NoCache = true };
        request.Headers.Referrer = new Uri("http://from.example/");
    }
}
