using System;
using System.Collections.Concurrent;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Upstream;

/// <summary>
/// A kept socket that the backend closes at the worst moment. What is idempotent goes out again on a fresh socket, to the same backend
/// if it is the only one. Anything else is answered 502: a close tells nobody whether the request was seen (RFC 9110 §9.2.2).
/// </summary>
public sealed class StaleSocketTests
{
    public static TheoryData<FaultStage, string, bool> Cases()
    {
        TheoryData<FaultStage, string, bool> cases = [];
        foreach (FaultStage stage in new[]
        {
            FaultStage.ResetWithinHead, FaultStage.ResetWithinRequest, FaultStage.ResetAfterRequest, FaultStage.CloseAfterRequest, FaultStage.HalfHead,
        })
        {
            foreach (string method in new[] { "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE", "POST", "PATCH", "FROBNICATE" })
            {
                cases.Add(stage, method, false);
                if (method is not ("GET" or "HEAD" or "TRACE"))
                {
                    cases.Add(stage, method, true);
                }
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Request_on_a_socket_that_has_served_before_goes_to_a_fresh_one_of_the_only_backend(FaultStage stage, string method, bool hasBody)
    {
        ConcurrentQueue<ReceivedRequest> served = new();
        int links = 0;
        using ScriptedBackend backend = new ScriptedBackend().Serve(async link =>
        {
            if (Interlocked.Increment(ref links) > 1)
            {
                await FaultScript.EchoAsync(link, served.Enqueue);
                return;
            }

            await ReceivedRequest.TryReadAsync(link);
            await link.SendAsync(WireEnd.Response("first"));
            await FaultScript.FailAsync(link, stage);
        });
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("GET /first HTTP/1.1\r\nHost: h\r\n\r\n");
        await client.ExpectAsync(WireEnd.Response("first"));
        await Until.TrueAsync(() => proxy.Connections.CountSockets(backend.Backend).Idle == 1, "not parked");
        await client.SendAsync($"{method} /second HTTP/1.1\r\nHost: h\r\n{(hasBody ? "Content-Length: 4\r\n\r\nbody" : "\r\n")}");
        string answer = await client.ReadHeadAsync();
        bool wasStale = stage != FaultStage.HalfHead;
        bool isSentAgain = wasStale && method is not ("POST" or "PATCH" or "FROBNICATE");
        Assert.StartsWith(isSentAgain ? "HTTP/1.1 200 OK\r\n" : "HTTP/1.1 502 ", answer);
        Assert.Equal(isSentAgain ? [$"{method} /second"] : [], served.Select(request => $"{request.Method} {request.Target}"));
        Assert.Equal(wasStale, Assert.Single(proxy.Events.Failures).WasStale);
        await proxy.UntilNothingIsInFlightAsync();
        proxy.ExpectNoErrors();
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task Backend_that_closes_behind_every_answer_sees_nothing_twice_and_fails_no_get(string method)
    {
        ConcurrentDictionary<string, int> seen = new();
        using ScriptedBackend backend = new ScriptedBackend().Serve(async link =>
        {
            ReceivedRequest? request = await ReceivedRequest.TryReadAsync(link);
            seen.AddOrUpdate(request!.Target, 1, (_, count) => count + 1);
            await link.SendAsync(WireEnd.Response(request.Target)); // it does not say that it closes
            link.ShutdownSend();
            if (await ReceivedRequest.TryReadAsync(link) is { } late)
            {
                seen.AddOrUpdate(late.Target, 1, (_, count) => count + 1); // it may act upon it, though it cannot answer
            }
        });
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(c => Task.Run(async () =>
        {
            using WireEnd client = await proxy.ConnectAsync();
            for (int i = 0; i < 100; i++)
            {
                await client.SendAsync($"{method} /{c}/{i} HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
                string head = await client.ReadHeadAsync();
                if (head.StartsWith("HTTP/1.1 200 OK\r\n", StringComparison.Ordinal))
                {
                    await client.ExpectAsync($"/{c}/{i}");
                    continue;
                }

                Assert.StartsWith("HTTP/1.1 502 ", head);
                Assert.Equal("POST", method);
                await client.ReadUntilAsync("\n");
            }
        })));
        Assert.Empty(backend.Faults);
        if (method == "POST")
        {
            Assert.All(seen, request => Assert.Equal(1, request.Value));
        }

        await proxy.UntilNothingIsInFlightAsync();
        proxy.ExpectNoErrors();
    }
}
