using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Server;

public sealed class ErrorCountTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

    [Fact]
    public async Task Client_that_leaves_before_its_answer_is_a_cause_of_its_own()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        client.Reset();
        await ExpectAsync(proxy, ProxyError.ClientLeft, 499);
    }

    [Fact]
    public async Task Client_that_leaves_in_the_middle_of_its_answer_is_counted_with_its_status()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
        await client.ReadUntilAsync("half");
        client.Reset();
        await ExpectAsync(proxy, ProxyError.ClientLeft, 200);
    }

    [Theory]
    [InlineData("Content-Length: 10\r\n\r\nhalf", "", ProxyError.HttpResponseIncomplete)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", "zz\r\n", ProxyError.HttpResponseTransferCoding)]
    public async Task Response_that_is_cut_midway_is_counted_with_its_status_and_says_nothing_more(string begin, string rest, ProxyError cause)
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync($"HTTP/1.1 200 OK\r\n{begin}");
        string head = await client.ReadUntilAsync("half");
        Assert.DoesNotContain("Proxy-Status", head);
        await link.SendAsync(rest);
        link.Dispose();
        Assert.DoesNotContain("Proxy-Status", await client.ReadToResetAsync());
        await ExpectAsync(proxy, cause, 200);
    }

    [Fact]
    public async Task Requests_that_end_as_they_should_are_not_counted()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("no", "503 Service Unavailable"));
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await client.ReadUntilAsync("\r\n\r\nno");
        await client.SendAsync("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
        await client.ReadHeadAsync();
        await Until.TrueAsync(() => proxy.Events.Ended.Count == 2, "not counted");
        Assert.Empty(proxy.Events.Errors);
    }

    [Fact]
    public async Task Tunnel_that_ends_in_order_is_not_counted()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nhello");
        await client.ReadUntilAsync("hello");
        client.ShutdownSend();
        await link.ExpectEndAsync();
        link.Dispose();
        await client.ExpectEndAsync();
        await Until.TrueAsync(() => !proxy.Events.Ended.IsEmpty, "not counted");
        Assert.Empty(proxy.Events.Errors);
    }

    [Fact]
    public async Task Error_that_a_handler_sets_does_not_stay_on_the_response_of_the_next_request()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        int request = 0;
        ProxyFixture.Setup setup = new();
        setup.Wrap = next => new ScriptedHandler(async (proxied, token) =>
        {
            ProxyResponse response = await next.HandleAsync(proxied, token);
            response.Error = request++ == 0 ? ProxyError.ProxyInternalError : response.Error;
            return response;
        });
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup, backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        Assert.Contains("Proxy-Status: goaround; error=proxy_internal_error\r\n", await client.ReadUntilAsync("\r\n\r\nok"));
        await client.SendAsync(Get);
        await client.ExpectAsync(WireEnd.Response("ok"));
        Assert.Equal(1, backend.Accepted);
    }

    private static async Task ExpectAsync(ProxyFixture proxy, ProxyError cause, int status)
    {
        await Until.TrueAsync(() => !proxy.Events.Ended.IsEmpty, "not counted");
        Assert.Equal([(cause, status)], proxy.Events.Errors);
        proxy.ExpectNoErrors();
    }
}
