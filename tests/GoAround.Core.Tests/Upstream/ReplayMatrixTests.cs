using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Core.Tests.Upstream;

/// <summary>Every method with every kind of body, and a backend that fails in every way: what is sent again, and what its client gets.</summary>
public sealed class ReplayMatrixTests
{
    private const int ReplayBufferBytes = 1000;
    private const int Tries = 20; // one more than there are connections to the good backend: the faulty one must be asked

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private static readonly string[] Idempotent = ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"];
    private static readonly string[] Methods = [.. Idempotent, "POST", "PATCH", "FROBNICATE"];

    public static TheoryData<FaultStage, string> Cases()
    {
        TheoryData<FaultStage, string> cases = [];
        foreach (FaultStage stage in Enum.GetValues<FaultStage>())
        {
            foreach (string method in Methods)
            {
                cases.Add(stage, method);
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Request_is_sent_again_where_the_law_allows_and_nowhere_else(FaultStage stage, string method)
    {
        using FullListener? full = stage == FaultStage.DialTimeout ? await FullListener.OpenAsync() : null;
        foreach ((string framing, string body, bool canReplay) in Bodies(method))
        {
            bool isSentAgain = stage <= FaultStage.Handshake || (Idempotent.Contains(method) && canReplay && stage < FaultStage.HalfBody);
            await RunAsync(stage, full, method, framing, body, isSentAgain);
        }
    }

    private static IEnumerable<(string Framing, string Body, bool CanReplay)> Bodies(string method)
    {
        yield return ("", "", true);
        if (method is "TRACE")
        {
            yield break; // it must not have content   RFC 9110 §9.3.8
        }

        yield return ("Content-Length: 5\r\n", "small", true);
        yield return ("Transfer-Encoding: chunked\r\n", "5\r\nsmall\r\n0\r\n\r\n", true);
        string large = new('x', ReplayBufferBytes + 1);
        yield return ($"Content-Length: {large.Length}\r\n", large, false);
        yield return ("Transfer-Encoding: chunked\r\n", $"{large.Length:x}\r\n{large}\r\n0\r\n\r\n", false);
    }

    private static async Task RunAsync(FaultStage stage, FullListener? full, string method, string framing, string body, bool isSentAgain)
    {
        FakeTimeProvider time = new();
        ConcurrentQueue<ReceivedRequest> served = new();
        using ScriptedBackend faulty = new ScriptedBackend(stage == FaultStage.Handshake ? "https" : "http").Serve(link => FaultScript.FailAsync(link, stage));
        using ScriptedBackend good = new ScriptedBackend().Serve(link => FaultScript.EchoAsync(link, served.Enqueue));
        if (stage == FaultStage.DialRefused)
        {
            faulty.StopListening();
        }

        ProxyFixture.Setup setup = ProxyFixture.Setup.Unhurried(time);
        setup.Server.ReplayBufferBytes = ReplayBufferBytes;
        setup.Pool.ConnectionsPerBackend = Tries - 1;
        if (stage == FaultStage.DialTimeout)
        {
            setup.Upstream.DialTimeout = Limit;
        }
        else if (stage == FaultStage.Silence)
        {
            setup.Upstream.ResponseTimeout = Limit;
        }

        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup);
        Backend ill = full is null ? faulty.Backend : Backend.Parse($"http://127.0.0.1:{full.Port}");
        await proxy.Pool.ReplaceAsync([ill, good.Backend], default);
        for (int i = 0; i < Tries; i++)
        {
            served.Clear();
            Task<(string Text, bool IsReset)> asking = AskAsync(proxy, $"{method} /{i} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{framing}\r\n{body}");
            bool mustWait = stage is FaultStage.DialTimeout or FaultStage.Silence;
            while (mustWait && !asking.IsCompleted && proxy.Events.Failures.IsEmpty)
            {
                if (proxy.Pool.GetStatus().Single(status => status.Backend.Equals(ill)).InFlight > 0) // the good one may take its time
                {
                    time.Advance(TimeSpan.FromSeconds(1));
                }

                await Task.WhenAny(asking, Task.Delay(1));
            }

            (string text, bool isReset) = await asking;
            bool isHalf = stage == FaultStage.HalfBody && method != "HEAD" && served.IsEmpty;
            if (!isHalf && proxy.Events.Failures.IsEmpty)
            {
                Assert.Equal((method, $"/{i}"), served.Select(request => (request.Method, request.Target)).SingleOrDefault((method, $"/{i}")));
                continue; // the good one was asked first
            }

            await CheckAsync(proxy, stage, text, isReset, isHalf, isSentAgain, [.. served], $"{method} /{i}");
            Assert.InRange(faulty.Accepted, 0, 1);
            return;
        }

        Assert.True(stage == FaultStage.HalfBody && method == "HEAD", "the faulty backend was never asked"); // its answer to HEAD is whole
    }

    private static async Task CheckAsync(
        ProxyFixture proxy, FaultStage stage, string text, bool isReset, bool isHalf, bool isSentAgain, ReceivedRequest[] served, string request)
    {
        await proxy.UntilNothingIsInFlightAsync();
        proxy.ExpectNoErrors();
        if (isHalf)
        {
            Assert.True(isReset || text.StartsWith("HTTP/1.1 502 ", StringComparison.Ordinal), $"half an answer looks whole: {text}");
            Assert.Empty(served);
            return;
        }

        BackendException failure = Assert.Single(proxy.Events.Failures);
        Assert.False(isReset);
        if (isSentAgain || failure.NeverReached) // a reset may be quicker than the dial
        {
            Assert.StartsWith("HTTP/1.1 200 OK\r\n", text);
            Assert.Equal(request, served.Select(received => $"{received.Method} {received.Target}").Single());
            return;
        }

        Assert.StartsWith(stage == FaultStage.Silence ? "HTTP/1.1 504 " : "HTTP/1.1 502 ", text);
        Assert.Empty(served);
    }

    private static async Task<(string Text, bool IsReset)> AskAsync(ProxyFixture proxy, string request)
    {
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(request);
        bool isReset = false;
        string text = "";
        try
        {
            text = await client.ReadToEndAsync();
        }
        catch (IOException)
        {
            isReset = true;
            text = client.TakeAll();
        }

        return (text, isReset);
    }
}
