using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Server;

public sealed class InterimTests
{
    private const string Put = "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n";

    [Fact]
    public async Task Client_that_waits_for_100_gets_the_backends_own()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Put);
        using WireEnd link = await backend.AcceptAsync();
        Assert.Contains("Expect: 100-continue\r\n", await link.ReadHeadAsync());
        await link.SendAsync("HTTP/1.1 100 Continue\r\n\r\n");
        await client.ExpectAsync("HTTP/1.1 100 Continue\r\n\r\n");
        await client.SendAsync("body");
        await link.ExpectAsync("body");
        await link.SendAsync(WireEnd.Response("ok"));
        await client.ExpectAsync(WireEnd.Response("ok"));
        await client.SendAsync(Put);
        await link.ReadHeadAsync();
    }

    [Fact]
    public async Task Refused_expectation_is_answered_and_the_connection_closed()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Put);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync(WireEnd.Response("no", "417 Expectation Failed"));
        string answer = await client.ReadToEndAsync();
        Assert.StartsWith("HTTP/1.1 417 Expectation Failed\r\n", answer);
        Assert.Contains("Connection: close\r\n", answer);
        Assert.EndsWith("\r\n\r\nno", answer);
        await link.ReadToCloseAsync();
        await proxy.UntilNothingIsInFlightAsync();
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Interim_responses_go_to_http_1_1()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(
            "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\nLink: </b>\r\n\r\n" + WireEnd.Response("ok"));
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        for (int i = 0; i < 2; i++)
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
            await client.ExpectAsync("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\nLink: </b>\r\n\r\n");
            await client.ExpectAsync(WireEnd.Response("ok"));
        }

        Assert.Equal(1, backend.Accepted);
    }

    [Fact]
    public async Task Interim_responses_do_not_go_to_http_1_0()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + WireEnd.Response("ok"));
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", await proxy.AskOnceAsync("GET / HTTP/1.0\r\n\r\n"));
    }

    [Fact]
    public async Task Backend_that_never_comes_to_its_final_response_is_given_up()
    {
        using ScriptedBackend backend = new ScriptedBackend().Serve(async link =>
        {
            await link.ReadHeadAsync();
            for (int i = 0; i < 10_000; i++)
            {
                await link.SendAsync("HTTP/1.1 102 Processing\r\n\r\n");
            }
        });
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        await client.ReadUntilAsync("HTTP/1.1 502 ");
    }
}
