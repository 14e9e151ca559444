using System;
using System.Buffers;
using System.Collections.Generic;
using System.Linq;
using System.Net.Security;
using System.Net.Sockets;
using System.Threading.Tasks;
using GoAround.Core.Sockets;
using GoAround.Core.Tests.Load;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Sockets;

[Collection(Alone.Name)] // what all connections hold is one figure of the process
public sealed class GatheredRecordsTests
{
    private const int HeadBytes = 300;
    private const int Share = 256 * 1024; // PollerTurn's: so much of a body at hand is sent at once

    /// <summary>The pieces of a body, and how many sends head and body are.</summary>
    public static TheoryData<int[], int> Bodies => new()
    {
        { [1], 1 },
        { [20_000], 1 },
        { [16 * 1024, 16 * 1024, 32 * 1024, 36 * 1024], 1 }, // as 100 KiB are stored
        { [100_000], 1 },
        { [Share], 1 },
        { [Share / 2, 0, Share / 2], 1 },
        { [Share, Share], 2 },
        { [100, 1_000_000, 100], 4 },
    };

    [PolledTheory]
    [MemberData(nameof(Bodies))]
    public async Task Head_and_body_leave_in_one_send_and_more_in_large_pieces(int[] pieces, int sends)
    {
        await using Connection connection = await Connection.OpenAsync();
        byte[] all = Bytes(HeadBytes + pieces.Sum());
        Task<byte[]> reading = connection.ReadAsync(all.Length);
        Assert.Equal(SocketError.Success, await connection.Transport.SendAsync(all.AsMemory(0, HeadBytes), Sequence(all.AsMemory(HeadBytes), pieces)).AsTask().WaitAsync(WireEnd.Patience));
        Assert.Equal(all, await reading.WaitAsync(WireEnd.Patience));
        Assert.Equal(sends, connection.Messages);
        Assert.Equal(0, GatheredRecords.Rented);
    }

    [PolledTheory]
    [InlineData(1, 1)]
    [InlineData(16 * 1024, 1)]
    [InlineData(32 * 1024, 1)]
    [InlineData(64 * 1024, 2)] // a piece of a backend's answer: as before
    [InlineData((64 * 1024) + 8, 1)] // the same as a chunk
    [InlineData(1024 * 1024, 4)] // as it is for a fast reader
    public async Task Piece_is_as_few_sends_as_pay(int bytes, int sends)
    {
        await using Connection connection = await Connection.OpenAsync();
        byte[] all = Bytes(bytes);
        for (int i = 1; i <= 3; i++)
        {
            Task<byte[]> reading = connection.ReadAsync(all.Length);
            Assert.Equal(SocketError.Success, await connection.Transport.SendAsync(all).AsTask().WaitAsync(WireEnd.Patience));
            Assert.Equal(all, await reading.WaitAsync(WireEnd.Patience));
            Assert.Equal(sends * i, connection.Messages);
        }

        Assert.Equal(connection.Transport.Handed, connection.Transport.CountTaken());
    }

    [PolledFact]
    public async Task Without_memory_for_them_records_leave_as_they_are_made()
    {
        await using Connection connection = await Connection.OpenAsync();
        List<GatheredRecords> others = [];
        while (GatheredRecords.Rented + GatheredRecords.MostBytes <= GatheredRecords.MostBytesOfAll)
        {
            GatheredRecords other = default;
            other.Begin(GatheredRecords.MostBytes);
            others.Add(other);
        }

        byte[] all = Bytes(100 * 1024);
        Task<byte[]> reading = connection.ReadAsync(all.Length);
        Assert.Equal(SocketError.Success, await connection.Transport.SendAsync(all).AsTask().WaitAsync(WireEnd.Patience));
        Assert.Equal(all, await reading.WaitAsync(WireEnd.Patience));
        Assert.Equal(4, connection.Messages);
        others.ForEach(other => other.End());
        Assert.Equal(0, GatheredRecords.Rented);
    }

    [PolledTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Client_that_takes_nothing_holds_no_more_than_one_send_and_gives_it_back_when_it_leaves(bool isCutHere)
    {
        using SocketPair pair = await SocketPair.OpenAsync();
        using TlsTransport transport = await pair.StartTlsAsync();
        Task<SocketError> sending = transport.SendAsync(Bytes(32 * 1024 * 1024)).AsTask(); // more than the buffers of both sides
        Assert.False(sending.IsCompleted);
        Assert.InRange(GatheredRecords.Rented, 1, GatheredRecords.MostBytes);
        if (isCutHere)
        {
            transport.Abort();
        }
        else
        {
            pair.Far.Reset();
        }

        Assert.NotEqual(SocketError.Success, await sending.WaitAsync(WireEnd.Patience));
        Assert.Equal(0, GatheredRecords.Rented);
        Assert.NotEqual(SocketError.Success, await transport.SendAsync(Bytes(100_000)).AsTask().WaitAsync(WireEnd.Patience));
        Assert.Equal(0, GatheredRecords.Rented);
    }

    [PolledFact]
    public async Task Send_on_a_closed_transport_is_an_error_and_holds_nothing()
    {
        using SocketPair pair = await SocketPair.OpenAsync();
        TlsTransport transport = await pair.StartTlsAsync();
        transport.Dispose();
        Assert.Equal(SocketError.Shutdown, await transport.SendAsync(Bytes(100_000)).AsTask().WaitAsync(WireEnd.Patience));
        Assert.Equal(0, GatheredRecords.Rented);
    }

    [PolledFact]
    public async Task Upload_to_a_backend_leaves_as_its_records_are_made()
    {
        (Socket near, MessageStream far) = await MessageStream.OpenAsync();
        await using SslStream backend = new(far);
        Task accepting = backend.AuthenticateAsServerAsync(TestCertificates.Local);
        using TlsTransport transport = await TlsTransport.ConnectAsync(
            near,
            new PolledTransport(near),
            new SslClientAuthenticationOptions { TargetHost = "localhost", RemoteCertificateValidationCallback = static (_, given, _, _) => TestCertificates.Local.Equals(given) },
            default);
        await accepting.WaitAsync(WireEnd.Patience);
        int before = far.Messages.Count;
        byte[] all = Bytes(100 * 1024);
        Assert.Equal(SocketError.Success, await transport.SendAsync(all).AsTask().WaitAsync(WireEnd.Patience));
        byte[] read = new byte[all.Length];
        await backend.ReadExactlyAsync(read).AsTask().WaitAsync(WireEnd.Patience);
        Assert.Equal(all, read);
        Assert.Equal(4, far.Messages.Count - before);
    }

    [PolledOptimizedTheory]
    [InlineData(10_000)]
    [InlineData(100_000)]
    [InlineData(1_000_000)]
    public async Task Steady_sends_allocate_nothing(int bytes)
    {
        using SocketPair pair = await SocketPair.OpenAsync();
        using TlsTransport transport = await pair.StartTlsAsync();
        byte[] all = Bytes(HeadBytes + bytes);
        byte[] taken = new byte[64 * 1024];
        Func<bool> isTaken = () => transport.Handed - transport.CountTaken() < Share; // the last of it is acknowledged 40 ms later
        pair.Far.Socket.ReceiveTimeout = (int)WireEnd.Patience.TotalMilliseconds;
        Measure(10);
        long least = long.MaxValue;
        for (int i = 0; i < 5 && least > 0; i++)
        {
            least = Math.Min(least, Measure(20)); // now and then the runtime's own
        }

        Assert.Equal(0, least);

        long Measure(int rounds)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < rounds; i++)
            {
                long handed = transport.Handed;
#pragma warning disable CA2012 // it has ended, or the test fails
                ValueTask<SocketError> sending = transport.SendAsync(all.AsMemory(0, HeadBytes), new ReadOnlySequence<byte>(all, HeadBytes, bytes));
                Assert.True(sending.IsCompletedSuccessfully); // the socket has room for it
                Assert.True(sending.Result == SocketError.Success);
#pragma warning restore CA2012
                for (long left = transport.Handed - handed; left > 0;)
                {
                    left -= pair.Far.Socket.Receive(taken, (int)Math.Min(left, taken.Length), SocketFlags.None);
                }

                Until.True(isTaken, "what was received takes room still");
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    private static byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        new Random(1).NextBytes(bytes);
        return bytes;
    }

    private static ReadOnlySequence<byte> Sequence(ReadOnlyMemory<byte> bytes, int[] lengths)
    {
        Segment first = new(bytes[..lengths[0]], null);
        Segment last = first;
        int at = lengths[0];
        foreach (int length in lengths.Skip(1))
        {
            last = new Segment(bytes.Slice(at, length), last);
            at += length;
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    /// <summary>A server's TLS connection whose sends are counted.</summary>
    private sealed class Connection(TlsTransport transport, SslStream client, MessageStream wire, int messagesBefore) : IAsyncDisposable
    {
        public TlsTransport Transport => transport;

        /// <summary>Since the handshake.</summary>
        public int Messages => wire.Messages.Count - messagesBefore;

        public static async Task<Connection> OpenAsync()
        {
            (Socket near, MessageStream far) = await MessageStream.OpenAsync();
            SslStream client = new(far);
            Task<TlsTransport> accepting = TlsTransport.AcceptAsync(near, new() { ServerCertificate = TestCertificates.Local }, default);
            await client.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                RemoteCertificateValidationCallback = static (_, given, _, _) => TestCertificates.Local.Equals(given),
            }).WaitAsync(WireEnd.Patience);
            TlsTransport transport = await accepting.WaitAsync(WireEnd.Patience);
            Assert.Equal(SocketError.Success, await transport.SendAsync("x"u8.ToArray()));
            await client.ReadExactlyAsync(new byte[1]).AsTask().WaitAsync(WireEnd.Patience); // and the tickets before it
            return new Connection(transport, client, far, far.Messages.Count);
        }

        public async Task<byte[]> ReadAsync(int count)
        {
            byte[] bytes = new byte[count];
            await client.ReadExactlyAsync(bytes);
            return bytes;
        }

        public async ValueTask DisposeAsync()
        {
            transport.Dispose();
            await client.DisposeAsync();
        }
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> bytes, Segment? before)
        {
            Memory = bytes;
            if (before is not null)
            {
                before.Next = this;
                RunningIndex = before.RunningIndex + before.Memory.Length;
            }
        }
    }
}
