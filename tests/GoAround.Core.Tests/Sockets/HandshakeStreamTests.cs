using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Sockets;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Sockets;

public sealed class HandshakeStreamTests
{
    /// <summary>What a server writes step by step, as seen on the wire: the type of each record, and how many bytes follow its header.</summary>
    public static TheoryData<string, string[], bool[]> Handshakes => new()
    {
        { "TLS 1.3", ["22:122 20:1 23:23 23:811 23:281 23:69"], [true] },
        { "TLS 1.3 without the change of cipher for middleboxes", ["22:122 23:23 23:811 23:281 23:69"], [true] },
        { "TLS 1.3 resumed", ["22:128 20:1 23:23 23:69"], [true] },
        { "TLS 1.3 with a HelloRetryRequest", ["22:88 20:1", "22:122 23:23 23:811 23:281 23:69"], [false, true] },
        { "TLS 1.3 with a HelloRetryRequest, resumed", ["22:88 20:1", "22:128 23:23 23:69"], [false, true] },
        { "TLS 1.2", ["22:65 22:791 22:300 22:4", "22:186 20:1 22:40"], [false, true] },
        { "TLS 1.2 in one record", ["22:1160", "22:186 20:1 22:40"], [false, true] },
        { "TLS 1.2 resumed", ["22:85 20:1 22:40"], [true] },
        { "TLS 1.2 resumed, with a new ticket", ["22:85 22:186 20:1 22:40"], [true] },
    };

    [LinuxTheory]
    [MemberData(nameof(Handshakes))]
    public async Task Only_what_follows_the_long_step_of_a_handshake_goes_on_upon_the_poll_thread(string name, string[] flights, bool[] isOver)
    {
        Assert.NotNull(name);
        foreach (bool isServer in (bool[])[true, false])
        {
            using SocketPair pair = await SocketPair.OpenAsync();
            using PolledTransport transport = new(pair.Near);
            using HandshakeStream wire = new(new PolledStream(transport)) { WatchesEnd = !isServer };
            Assert.False(await IsPolledAsync(pair, wire)); // the first of a client's, or a backend's answer to it
            for (int i = 0; i < flights.Length; i++)
            {
                await wire.WriteAsync(Records(flights[i]));
                Assert.Equal(isServer && isOver[i], await IsPolledAsync(pair, wire));
            }
        }
    }

    [LinuxTheory]
    [InlineData(SslProtocols.Tls12, false)]
    [InlineData(SslProtocols.Tls13, true)]
    public async Task Last_step_of_a_handshake_is_on_the_poll_thread_where_it_derives_no_key(SslProtocols protocol, bool expected)
    {
        using SocketPair pair = await SocketPair.OpenAsync();
        using PolledTransport transport = new(pair.Near);
        using HandshakeStream wire = new(new PolledStream(transport));
        using SslStream server = new(wire);
        using NetworkStream far = new(pair.Far.Socket);
        using SslStream client = new(
            new PoliteStream(far, () => !transport.IsReceiving), false, static (_, given, _, _) => TestCertificates.Local.Equals(given));
        Task<bool> accepting = AcceptAsync();
        await client.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", EnabledSslProtocols = protocol }).WaitAsync(WireEnd.Patience);
        Assert.Equal(expected, await accepting.WaitAsync(WireEnd.Patience));
        Assert.Equal(protocol, client.SslProtocol);

        async Task<bool> AcceptAsync()
        {
            await server.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = TestCertificates.Local }).ConfigureAwait(false);
            return Poller.IsCurrent;
        }
    }

    private static byte[] Records(string types)
    {
        List<byte> bytes = [];
        foreach (string record in types.Split(' '))
        {
            string[] parts = record.Split(':');
            byte[] content = new byte[int.Parse(parts[1], CultureInfo.InvariantCulture)];
            bytes.AddRange([byte.Parse(parts[0], CultureInfo.InvariantCulture), 3, 3, (byte)(content.Length >> 8), (byte)content.Length, .. content]);
        }

        return [.. bytes];
    }

    /// <summary>Whether what waits for a byte goes on upon a poll thread.</summary>
    private static async Task<bool> IsPolledAsync(SocketPair pair, HandshakeStream wire)
    {
        Task<bool> next = ReadAsync(wire);
        await pair.Far.SendAsync("x");
        return await next.WaitAsync(WireEnd.Patience);
    }

    private static async Task<bool> ReadAsync(HandshakeStream wire)
    {
        Assert.Equal(1, await wire.ReadAsync(new byte[1]).ConfigureAwait(false));
        return Poller.IsCurrent;
    }

    /// <summary>Writes only once the other side waits for it.</summary>
    private sealed class PoliteStream(Stream inner, Func<bool> isAwaited) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => inner.ReadAsync(buffer, cancellationToken);

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Until.TrueAsync(isAwaited, "the other side does not read");
            await inner.WriteAsync(buffer, cancellationToken);
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
