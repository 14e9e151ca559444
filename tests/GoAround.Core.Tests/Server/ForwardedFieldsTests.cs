using System;
using System.Linq;
using System.Net;
using System.Text;
using System.Threading.Tasks;
using GoAround.Core.Http;
using GoAround.Core.Server;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Server;

public sealed class ForwardedFieldsTests
{
    private const string Claims =
        "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-Proto: gopher\r\nX-Forwarded-Host: other\r\nX-Forwarded-Port: 7\r\nForwarded: for=9.9.9.9\r\nx-forwarded-for: 2.2.2.2, 3.3.3.3\r\nX-Mine: 1\r\n";

    [Theory]
    [InlineData("X-Forwarded-For: 1.1.1.1\r\nx-forwarded-for: 2.2.2.2, 3.3.3.3\r\nX-FORWARDED-PROTO: gopher\r\nX-Forwarded-Host: evil\r\n")]
    [InlineData("X-Forwarded-Port: 443\r\nX-Forwarded-Prefix: /x\r\nX-Forwarded-Server: s\r\nX-Forwarded-Ssl: on\r\nX-Forwarded-: 1\r\nx-forwarded-client-cert: c\r\n")]
    [InlineData("Forwarded: for=1.1.1.1;proto=https\r\nforwarded: for=2.2.2.2\r\n")]
    [InlineData("X_Forwarded_For: 1.1.1.1\r\nX-Forwarded_Proto: https\r\nx_forwarded-host: evil\r\n")]
    [InlineData("Connection: X-Forwarded-For\r\nX-Forwarded-For: 1.1.1.1\r\n")]
    public async Task Whatever_an_untrusted_client_says_is_replaced(string claims)
    {
        Assert.Equal(
            "X-Mine: 1\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: h:81\r\n",
            await SendAsync(new(), claims + "X-Mine: 1\r\n"));
    }

    [Theory]
    [InlineData("127.0.0.0/8")]
    [InlineData("127.0.0.1")]
    [InlineData("::ffff:127.0.0.0/104")]
    public async Task What_a_trusted_proxy_says_is_kept_and_its_address_appended(string network)
    {
        Assert.Equal(
            "X-Forwarded-Proto: gopher\r\nX-Forwarded-Host: other\r\nX-Forwarded-Port: 7\r\nForwarded: for=9.9.9.9\r\nX-Mine: 1\r\nX-Forwarded-For: 1.1.1.1, 2.2.2.2, 3.3.3.3, 127.0.0.1\r\n",
            await SendAsync(Trusting(network), Claims));
    }

    [Fact]
    public async Task What_a_trusted_proxy_does_not_say_is_added()
    {
        Assert.Equal(
            "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: h:81\r\n",
            await SendAsync(Trusting("127.0.0.1"), "X-Forwarded-For:\r\nX_Forwarded_For: 6.6.6.6\r\n"));
    }

    [Fact]
    public async Task Forwarded_is_set_anew_for_others_and_extended_for_trusted_proxies()
    {
        ProxyFixture.Setup setup = new() { Server = { Forwarded = ForwardedFormat.Forwarded } };
        Assert.Equal("X-Mine: 1\r\nForwarded: for=127.0.0.1;host=\"h:81\";proto=http\r\n", await SendAsync(setup, Claims));
        setup = Trusting("127.0.0.1", ForwardedFormat.Forwarded);
        string head = await SendAsync(setup, "X-Forwarded-For: 1.1.1.1\r\nForwarded: for=9.9.9.9\r\nFORWARDED: for=\"[::2]\", for=_x\r\n");
        Assert.Equal("X-Forwarded-For: 1.1.1.1\r\nForwarded: for=9.9.9.9, for=\"[::2]\", for=_x, for=127.0.0.1;host=\"h:81\";proto=http\r\n", head);
    }

    [Theory]
    [InlineData("for=\"", "for=unknown, ")]
    [InlineData("for=1.1.1.1, for=\"x\\", "for=unknown, ")]
    [InlineData("for=\"x\\\"", "for=unknown, ")]
    [InlineData("for=\"x\\\\\"", "for=\"x\\\\\", ")]
    [InlineData("for=\"[::2]\";host=\"a\"", "for=\"[::2]\";host=\"a\", ")]
    [InlineData("for=\\\"a\"", "for=\\\"a\", ")]
    public void Quote_that_is_left_open_does_not_swallow_what_is_added(string said, string kept)
    {
        ServerOptions options = new() { Forwarded = ForwardedFormat.Forwarded, TrustedProxies = { "10.0.0.0/8" } };
        ProxyRequest request = new();
        request.Fields.Add("Forwarded", said);
        request.Fields.Add("Forwarded", "for=_y");
        new ForwardedFields(options, new TrustedProxies(options.TrustedProxies), IPAddress.Parse("10.0.0.1")).Apply(request);
        Assert.Equal($"Forwarded: {kept}for=_y, for=10.0.0.1;proto={request.Scheme}\r\n", request.Fields.ToString());
    }

    [Fact]
    public async Task Quotes_that_are_left_open_are_taken_out_where_nothing_is_added_too()
    {
        string head = await SendAsync(Trusting("127.0.0.1", ForwardedFormat.Off), "Forwarded: for=\"a\r\nX-Mine: 1\r\nForwarded: b\"\r\nX-Last: 2\r\n");
        Assert.Equal("Forwarded: for=unknown\r\nX-Mine: 1\r\nForwarded: for=unknown\r\nX-Last: 2\r\n", head);
    }

    [Fact]
    public async Task Both_formats_go_side_by_side()
    {
        ProxyFixture.Setup setup = new() { Server = { Forwarded = ForwardedFormat.Both } };
        Assert.Equal(
            "X-Mine: 1\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: h:81\r\nForwarded: for=127.0.0.1;host=\"h:81\";proto=http\r\n",
            await SendAsync(setup, Claims));
    }

    [Fact]
    public async Task Off_says_nothing_but_still_believes_nobody_who_is_not_trusted()
    {
        Assert.Equal("X-Mine: 1\r\n", await SendAsync(new() { Server = { Forwarded = ForwardedFormat.Off } }, Claims));
        Assert.Equal(Claims, await SendAsync(Trusting("127.0.0.1", ForwardedFormat.Off), Claims));
    }

    [Theory]
    [InlineData("192.0.2.1", "example.com", "http", "for=192.0.2.1;host=example.com;proto=http")]
    [InlineData("2001:db8::1", "example.com:80", "https", "for=\"[2001:db8::1]\";host=\"example.com:80\";proto=https")]
    [InlineData("fe80::1%3", "[::1]", "https", "for=\"[fe80::1]\";host=\"[::1]\";proto=https")]
    [InlineData(null, "", "http", "for=unknown;proto=http")]
    public void Forwarded_follows_the_grammar(string? client, string host, string scheme, string expected)
    {
        FieldList fields = Apply(ForwardedFormat.Forwarded, client, host, scheme);
        Assert.Equal($"Forwarded: {expected}\r\n", fields.ToString());
    }

    [Fact]
    public void Client_that_is_not_known_is_unknown_and_never_trusted()
    {
        FieldList fields = Apply(ForwardedFormat.XForwarded, null, "h", "https", "0.0.0.0/0", "::/0");
        Assert.Equal("X-Forwarded-For: unknown\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: h\r\n", fields.ToString());
    }

    [Fact]
    public void Request_without_a_host_tells_none()
    {
        Assert.Equal("X-Forwarded-For: ::1\r\nX-Forwarded-Proto: http\r\n", Apply(ForwardedFormat.XForwarded, "::1", "", "http").ToString());
    }

    [Fact]
    public void Applying_allocates_nothing()
    {
        ServerOptions options = new() { Forwarded = ForwardedFormat.Both, TrustedProxies = { "10.0.0.0/8" } };
        ForwardedFields trusted = new(options, new TrustedProxies(options.TrustedProxies), IPAddress.Parse("10.0.0.1"));
        ForwardedFields other = new(options, new TrustedProxies(options.TrustedProxies), IPAddress.Parse("11.0.0.1"));
        IPAddress[] clients = [IPAddress.Parse("10.0.0.2"), IPAddress.Parse("11.0.0.2")];
        ProxyRequest request = new() { Authority = "h:81"u8.ToArray() };
        Work();
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (int i = 0; i < 100; i++)
            {
                Work();
            }
        }));

        void Work()
        {
            foreach (ForwardedFields fields in (ReadOnlySpan<ForwardedFields>)[trusted, other])
            {
                request.Fields.Clear();
                request.Fields.Add("X-Forwarded-For"u8, "1.1.1.1"u8);
                request.Fields.Add("Forwarded"u8, "for=1.1.1.1"u8);
                fields.Apply(request);
                fields.Begin(clients[0]);
                fields.Apply(request);
                fields.Begin(clients[1]);
            }
        }
    }

    [Fact]
    public void Client_may_change_from_request_to_request()
    {
        ServerOptions options = new() { TrustedProxies = { "10.0.0.0/8" } };
        ForwardedFields fields = new(options, new TrustedProxies(options.TrustedProxies), null);
        Assert.Equal(("unknown", false), Said(null));
        Assert.Equal(("1.1.1.1, 10.0.0.1", true), Said(IPAddress.Parse("10.0.0.1")));
        Assert.Equal(("fe80::1:2:3:4", false), Said(IPAddress.Parse("fe80::1:2:3:4%5")));
        Assert.Equal(("1.1.1.1, 10.255.255.255", true), Said(IPAddress.Parse("::ffff:10.255.255.255")));
        Assert.Equal(("unknown", false), Said(null));

        (string? For, bool IsTrusted) Said(IPAddress? client)
        {
            ProxyRequest request = new();
            request.Fields.Add("X-Forwarded-For"u8, "1.1.1.1"u8);
            fields.Begin(client);
            fields.Apply(request);
            return (request.Fields["X-Forwarded-For"], fields.IsTrusted);
        }
    }

    private static FieldList Apply(ForwardedFormat format, string? client, string host, string scheme, params string[] trusted)
    {
        ServerOptions options = new() { Forwarded = format };
        trusted.ToList().ForEach(options.TrustedProxies.Add);
        ProxyRequest request = new() { Authority = Encoding.ASCII.GetBytes(host), Scheme = scheme };
        request.Fields.Add("X-Forwarded-For", "6.6.6.6");
        new ForwardedFields(options, new TrustedProxies(options.TrustedProxies), client is null ? null : IPAddress.Parse(client)).Apply(request);
        return request.Fields;
    }

    private static ProxyFixture.Setup Trusting(string network, ForwardedFormat format = ForwardedFormat.XForwarded) =>
        new() { Server = { TrustedProxies = { network }, Forwarded = format } };

    /// <summary>Sends a request with these fields and returns what the backend got, without its first and last fields.</summary>
    private static async Task<string> SendAsync(ProxyFixture.Setup setup, string fields)
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup, backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync($"GET / HTTP/1.1\r\nHost: h:81\r\n{fields}\r\n");
        await client.ExpectAsync(WireEnd.Response("ok"));
        Assert.True(backend.Heads.TryDequeue(out string? head));
        const string First = "GET / HTTP/1.1\r\nHost: h:81\r\n";
        const string Last = "Via: 1.1 goaround\r\n\r\n";
        Assert.StartsWith(First, head);
        Assert.EndsWith(Last, head);
        return head[First.Length..^Last.Length];
    }
}
