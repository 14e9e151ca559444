using System;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Sockets;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Core.Tests.Server;

public sealed class SlowReaderTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(false, 1_000_000, 864_000)]
    [InlineData(true, 1_000_000, 864_000)]
    [InlineData(false, 0, 60)]
    [InlineData(false, 1, 60)]
    public async Task Client_that_takes_too_little_is_cut_and_the_backend_released(bool isTls, int rate, int bodyTimeoutSeconds)
    {
        using ScriptedBackend backend = new();
        ProxyFixture.Setup setup = Setup(rate, TimeSpan.FromSeconds(bodyTimeoutSeconds));
        setup.Server.Certificate = isTls ? TestCertificates.Local : null;
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup, backend);
        using WireEnd client = await ConnectAsync(proxy.Port);
        if (isTls)
        {
            await client.StartTlsAsClientAsync("localhost", TestCertificates.Local);
        }

        await client.SendAsync(Get);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
        await client.ReadHeadAsync();
        await Until.EndedAsync(StreamAsync(link), _time);
        await proxy.UntilNothingIsInFlightAsync();
        await Until.TrueAsync(() => proxy.Events.OpenConnections == 0, "the session did not end");
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Client_that_takes_at_the_rate_gets_all_however_long_it_takes()
    {
        const int Length = 40_000_000;
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(Setup(100_000, TimeSpan.FromSeconds(60)), backend);
        using WireEnd client = await ConnectAsync(proxy.Port);
        await client.SendAsync(Get);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        Task sending = link.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {Length}\r\n\r\n" + new string('a', Length));
        await client.ReadHeadAsync();
        for (int i = 0; i < 40; i++)
        {
            await client.ReadAsync(Length / 40);
            _time.Advance(TimeSpan.FromSeconds(5));
        }

        await sending;
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Body_is_told_how_its_large_pieces_were_taken()
    {
        const int Large = ReceiveBuffers.PieceBytes;
        const int TooMuch = 64_000_000; // no buffers between here and the client take it
        PieceByPiece body = new(Large, Large - 1, TooMuch);
        await using ProxyFixture proxy = await ProxyFixture.ServeAsync((_, _) => new(new ProxyResponse { Body = body }), new() { Time = _time });
        using WireEnd client = await ConnectAsync(proxy.Port);
        await client.SendAsync(Get);
        await client.ReadHeadAsync();
        await client.ReadAsync(Large + Large - 1 + 1);
        _time.Advance(TimeSpan.FromMilliseconds(10));
        await client.ReadAsync(TooMuch - 1);
        await Until.TrueAsync(() => body.Taken.Count == 2, "the body was not told");
        Assert.Equal([true, false], body.Taken); // a small piece is none of them
    }

    [Fact]
    public async Task Tunnel_has_no_rate()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(Setup(2_000_000_000, TimeSpan.FromDays(1)), backend);
        using WireEnd client = await ConnectAsync(proxy.Port);
        using WireEnd link = await UpgradeAsync(backend, client);
        const int Length = 20_000_000;
        Task sending = link.SendAsync(new string('a', Length));
        for (int i = 0; i < 100; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        await client.ReadAsync(Length);
        await sending;
        await client.SendAsync("x");
        await link.ExpectAsync("x");
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Tunnel_whose_client_takes_nothing_for_a_while_is_not_cut()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(Setup(0, TimeSpan.FromSeconds(60)), backend);
        using WireEnd client = await ConnectAsync(proxy.Port);
        using WireEnd link = await UpgradeAsync(backend, client);
        const int Pieces = 200;
        byte[] piece = new byte[100_000];
        int taken = 0;
        Task sending = SendAsync();
        await UntilItStandsStillAsync(() => Volatile.Read(ref taken)); // since the balancer's send waits
        for (int i = 0; i < 100; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            await Task.Yield();
        }

        await client.ReadAsync(Pieces * piece.Length);
        await sending;
        await client.SendAsync("x");
        await link.ExpectAsync("x");
        proxy.ExpectNoErrors();

        async Task SendAsync()
        {
            for (int i = 0; i < Pieces; i++)
            {
                await link.SendAsync(piece);
                Interlocked.Increment(ref taken);
            }
        }
    }

    [Fact]
    public async Task Tunnel_whose_client_takes_nothing_ends_after_its_time()
    {
        using ScriptedBackend backend = new();
        ProxyFixture.Setup setup = Setup(0, TimeSpan.FromDays(10));
        setup.Upstream.TunnelTimeout = TimeSpan.FromSeconds(100);
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup, backend);
        using WireEnd client = await ConnectAsync(proxy.Port);
        using WireEnd link = await UpgradeAsync(backend, client);
        await Until.EndedAsync(StreamAsync(link), _time);
        await proxy.UntilNothingIsInFlightAsync();
        await Until.TrueAsync(() => proxy.Events.OpenConnections == 0, "the session did not end");
        proxy.ExpectNoErrors();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("http://reached-by-their-own-connection")]
    public async Task Tunnel_of_a_handlers_own_has_no_time_and_is_cut_when_its_client_takes_nothing(string? backend)
    {
        ScriptedBody endless = new(null, _ => new(new byte[100_000]));
        ProxyResponse response = new() { StatusCode = 101, Body = endless, Backend = backend is null ? null : Backend.Parse(backend) };
        await using ProxyFixture proxy = await ProxyFixture.ServeAsync((_, _) => new(response), Setup(0, TimeSpan.FromSeconds(60)));
        using WireEnd client = await ConnectAsync(proxy.Port);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 101 ", await client.ReadHeadAsync());
        await Until.EndedAsync(SessionEndsAsync(), _time);
        proxy.ExpectNoErrors();

        async Task<bool> SessionEndsAsync()
        {
            await Until.TrueAsync(() => proxy.Events.OpenConnections == 0, "the session did not end");
            return true;
        }
    }

    private static async Task<WireEnd> UpgradeAsync(ScriptedBackend backend, WireEnd client)
    {
        await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\n");
        WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\n");
        await client.ReadHeadAsync();
        return link;
    }

    /// <summary>Waits until a count has not changed for a while. On a machine that is busy that may be too early: what is tested next is then not met, and not failed.</summary>
    private static async Task UntilItStandsStillAsync(Func<int> count)
    {
        Stopwatch still = Stopwatch.StartNew();
        int last = count();
        while (still.ElapsedMilliseconds < 250)
        {
            await Task.Delay(10);
            if (count() != last)
            {
                last = count();
                still.Restart();
            }
        }
    }

    private static async Task<bool> StreamAsync(WireEnd link)
    {
        byte[] piece = new byte[100_000];
        try
        {
            while (true)
            {
                await link.SendAsync(piece);
            }
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>A client with a small window, so that little lies between it and the balancer.</summary>
    private static async Task<WireEnd> ConnectAsync(int port)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 8192 };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return new WireEnd(socket);
    }

    private ProxyFixture.Setup Setup(int rate, TimeSpan bodyTimeout) => new()
    {
        Time = _time,
        Server = { MinBodyRate = rate, BodyTimeout = bodyTimeout },
        Upstream = { BodyTimeout = TimeSpan.FromDays(10), ResponseTimeout = TimeSpan.FromDays(10) },
    };

    private sealed class PieceByPiece(params int[] pieces) : MessageBody
    {
        private int _next;

        public override long? Length => pieces.Sum();

        public ConcurrentQueue<bool> Taken { get; } = new();

        public override ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken) => new(new byte[pieces[_next++]]);

        internal override void OnTaken(bool wasFast) => Taken.Enqueue(wasFast);
    }
}
