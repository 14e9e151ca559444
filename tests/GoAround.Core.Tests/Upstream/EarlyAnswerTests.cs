using System;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Core.Tests.Upstream;

/// <summary>Once the head of the final response is there, what goes wrong with the upload ends the upload, and the response goes out whole.</summary>
public sealed class EarlyAnswerTests
{
    private const string Head = "HTTP/1.1 403 Forbidden\r\nDate: D\r\nContent-Length: 30\r\n\r\n";

    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData("Content-Length: 10", "half")]
    [InlineData("Transfer-Encoding: chunked", "4\r\nhalf\r\n")]
    [InlineData("Content-Length: 10\r\nExpect: 100-continue", "")]
    public async Task Client_that_ceases_to_send_and_closes_its_half_keeps_the_answer_that_has_begun(string framing, string half)
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(Setup(), backend);
        using WireEnd client = await proxy.ConnectAsync();
        using WireEnd link = await BeginAsync(backend, client, framing, half);
        client.ShutdownSend();
        await StreamAsync(link, client, TimeSpan.FromMilliseconds(300)); // under the grace each time, over it in all
        await ExpectOrderlyEndAsync(proxy, link, client);
    }

    [Fact]
    public async Task Client_that_ceases_to_send_and_takes_nothing_more_has_the_grace_of_a_half_closed_one()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(Setup(), backend);
        using WireEnd client = await proxy.ConnectAsync();
        using WireEnd link = await BeginAsync(backend, client, "Content-Length: 10", "half");
        client.ShutdownSend();
        await Until.EndedAsync(link.ReadToResetAsync(), _time);
        await proxy.UntilNothingIsInFlightAsync();
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Upload_that_pauses_too_long_does_not_cut_the_answer_that_has_begun()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(Setup(), backend);
        using WireEnd client = await proxy.ConnectAsync();
        using WireEnd link = await BeginAsync(backend, client, "Content-Length: 10", "half");
        await StreamAsync(link, client, TimeSpan.FromSeconds(20));
        await client.SendAsync("more");
        await ExpectOrderlyEndAsync(proxy, link, client);
    }

    [Theory]
    [InlineData("malformed\r\n")]
    [InlineData("FF\r\n1234567890")]
    [InlineData("0\r\nno field\r\n")]
    public async Task Body_at_fault_does_not_cut_the_answer_that_has_begun(string fault)
    {
        using ScriptedBackend backend = new();
        ProxyFixture.Setup setup = Setup();
        setup.Server.MaxBodyBytes = 10;
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup, backend);
        using WireEnd client = await proxy.ConnectAsync();
        using WireEnd link = await BeginAsync(backend, client, "Transfer-Encoding: chunked", "4\r\nhalf\r\n");
        await client.SendAsync(fault);
        await StreamAsync(link, client, TimeSpan.FromSeconds(20));
        await ExpectOrderlyEndAsync(proxy, link, client);
    }

    [Theory]
    [InlineData(null, false, false)]
    [InlineData(null, false, true)]
    [InlineData(null, true, false)]
    [InlineData("malformed\r\n", true, false)]
    [InlineData("FF\r\n1234567890", true, false)]
    [InlineData("FF\r\n1234567890", true, true)]
    public async Task Client_whose_body_was_given_up_and_that_takes_nothing_more_has_the_grace_too(string? fault, bool isWrapped, bool isTls)
    {
        using ScriptedBackend backend = new();
        ProxyFixture.Setup setup = Setup();
        setup.Server.MaxBodyBytes = 10;
        setup.Server.Certificate = isTls ? TestCertificates.Local : null;
        TaskCompletionSource<bool> cut = Tell(setup, isWrapped);
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup, backend);
        using WireEnd client = await proxy.ConnectAsync();
        if (isTls)
        {
            await client.StartTlsAsClientAsync("localhost", TestCertificates.Local);
        }

        using WireEnd link = await BeginAsync(backend, client, "Transfer-Encoding: chunked", "4\r\nhalf\r\n");
        await client.SendAsync(fault ?? "");
        await Until.EndedAsync(cut.Task, _time); // without a fault, the pause is too long
        client.ShutdownSend();
        await Until.EndedAsync(link.ReadToResetAsync(), _time);
        await proxy.UntilNothingIsInFlightAsync();
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Backend_that_does_not_take_the_rest_keeps_its_answer_but_not_its_socket()
    {
        const int MoreThanAllBuffers = 64 * 1024 * 1024;
        using ScriptedBackend backend = new();
        ProxyFixture.Setup setup = Setup();
        setup.Upstream.BodyTimeout = TimeSpan.FromSeconds(60);
        setup.Wrap = pool => new ScriptedHandler((request, cancellationToken) =>
        {
            request.ExpectsContinue = true; // so that the body is pumped, as one piece, while the answer comes
            request.Body = new ScriptedBody(MoreThanAllBuffers, _ => new(new byte[MoreThanAllBuffers]));
            return pool.HandleAsync(request, cancellationToken);
        });
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup, backend);
        using WireEnd client = await proxy.ConnectAsync();
        for (int i = 0; i < 2; i++)
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
            using WireEnd link = await backend.AcceptAsync();
            await link.ReadHeadAsync();
            await link.SendAsync(Head);
            Assert.Equal(Head, await client.ReadHeadAsync());
            await StreamAsync(link, client, TimeSpan.FromSeconds(20));
            await proxy.UntilNothingIsInFlightAsync();
        }

        proxy.ExpectNoErrors();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Backend_that_waits_in_vain_for_the_rest_of_a_body_at_fault_is_not_blamed(bool closes)
    {
        using ScriptedBackend backend = new();
        ProxyFixture.Setup setup = Setup();
        setup.Upstream.BodyTimeout = TimeSpan.FromSeconds(60);
        TaskCompletionSource<bool> cut = Tell(setup, isWrapped: false);
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup, backend);
        using WireEnd client = await proxy.ConnectAsync();
        using WireEnd link = await BeginAsync(backend, client, "Transfer-Encoding: chunked", "4\r\nhalf\r\n");
        await client.SendAsync("malformed\r\n");
        await cut.Task.WaitAsync(WireEnd.Patience);
        if (closes)
        {
            link.ShutdownSend();
        }

        await Until.EndedAsync(client.ReadToResetAsync(), _time);
        await proxy.UntilNothingIsInFlightAsync();
        Assert.Equal([(ProxyError.HttpRequestError, 403)], proxy.Events.Errors);
        Assert.Empty(proxy.Events.Broken);
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Backend_that_has_not_taken_the_last_piece_when_its_answer_ends_has_had_its_time()
    {
        const int MoreThanAPipeHolds = 200_000;
        TaskCompletionSource end = new();
        using SemaphoreSlim next = new(0);
        MemoryBackend backend = new(async stream =>
        {
            await MemoryBackend.ReadHeadAsync(stream);
            await stream.ReadExactlyAsync(new byte[1]); // so the last piece is under way
            await stream.WriteAsync(Encoding.Latin1.GetBytes(Head));
            for (int i = 0; i < 10; i++)
            {
                await next.WaitAsync();
                await stream.WriteAsync("abc"u8.ToArray());
            }

            await end.Task;
        });
        ProxyFixture.Setup setup = Setup(backend);
        setup.Upstream.BodyTimeout = TimeSpan.FromSeconds(60);
        setup.Wrap = pool => new ScriptedHandler((request, cancellationToken) =>
        {
            request.ExpectsContinue = true; // so that the body is pumped, as one piece, while the answer comes
            request.Body = new ScriptedBody(MoreThanAPipeHolds, _ => new(new byte[MoreThanAPipeHolds]));
            return pool.HandleAsync(request, cancellationToken);
        });
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup);
        await proxy.Pool.ReplaceAsync([Backend.Parse("http://memory")], default);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        Assert.Equal(Head, await client.ReadHeadAsync());
        for (int i = 0; i < 10; i++)
        {
            next.Release();
            await client.ExpectAsync("abc");
            _time.Advance(TimeSpan.FromSeconds(20));
        }

        await Until.EndedAsync(SlotComesBackAsync(), _time);
        await Until.TrueAsync(() => Assert.Single(backend.Dialled).IsClosed, "the stream was not disposed");
        end.SetResult();
        proxy.ExpectNoErrors();

        async Task<bool> SlotComesBackAsync()
        {
            await proxy.UntilNothingIsInFlightAsync();
            return true;
        }
    }

    /// <summary>The head of the final response has reached the client, of whose body something is missing.</summary>
    private static async Task<WireEnd> BeginAsync(ScriptedBackend backend, WireEnd client, string framing, string half)
    {
        await client.SendAsync($"POST / HTTP/1.1\r\nHost: h\r\n{framing}\r\n\r\n{half}");
        WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.ExpectAsync(half);
        await link.SendAsync(Head);
        Assert.Contains("Connection: close\r\n", await client.ReadHeadAsync());
        return link;
    }

    private async Task StreamAsync(WireEnd link, WireEnd client, TimeSpan pause)
    {
        for (int i = 0; i < 10; i++)
        {
            await link.SendAsync("abc");
            await client.ExpectAsync("abc");
            _time.Advance(pause);
        }
    }

    /// <summary>The client sees an end in order, and the backend nothing more of the body; its socket is closed.</summary>
    private static async Task ExpectOrderlyEndAsync(ProxyFixture proxy, WireEnd link, WireEnd client)
    {
        await client.ExpectEndAsync();
        Assert.Equal("", await link.ReadToCloseAsync());
        await proxy.UntilNothingIsInFlightAsync();
        Assert.Equal([("POST", "/", 403)], proxy.Events.Ended);
        proxy.ExpectNoErrors();
    }

    private ProxyFixture.Setup Setup(IBackendDialer? dialer = null) => new()
    {
        Time = _time,
        Dialer = dialer,
        Upstream = { BodyTimeout = TimeSpan.FromDays(10), ResponseTimeout = TimeSpan.FromDays(10) },
    };

    /// <summary>Tells when the upload was given up.</summary>
    /// <param name="setup">Of the proxy.</param>
    /// <param name="isWrapped">The body is wrapped by an application, which is not told of that and cannot pass it on.</param>
    private static TaskCompletionSource<bool> Tell(ProxyFixture.Setup setup, bool isWrapped)
    {
        TaskCompletionSource<bool> cut = new(TaskCreationOptions.RunContinuationsAsynchronously);
        setup.Wrap = pool => new ScriptedHandler((request, cancellationToken) =>
        {
            request.Body = new BodyThatTells(request.Body, isWrapped ? null : request.Body, cut);
            return pool.HandleAsync(request, cancellationToken);
        });
        return cut;
    }

    /// <summary>A client's body that tells when its upload was given up.</summary>
    private sealed class BodyThatTells(MessageBody body, MessageBody? told, TaskCompletionSource<bool> cut) : MessageBody
    {
        public override long? Length => body.Length;

        public override ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken) => body.ReadAsync(cancellationToken);

        internal override void OnCut()
        {
            told?.OnCut();
            cut.SetResult(true);
        }
    }
}
