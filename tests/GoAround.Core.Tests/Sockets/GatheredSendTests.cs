using System;
using System.Buffers;
using System.Net.Sockets;
using System.Text;
using System.Threading.Tasks;
using GoAround.Core.Sockets;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Sockets;

public sealed class GatheredSendTests
{
    private const int PieceBytes = 100_000;
    private const int Pieces = 20;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Pieces_arrive_in_order_where_the_other_side_takes_few_at_once(bool isTls)
    {
        using SocketPair pair = await SocketPair.OpenAsync();
        await ShowAsync(pair, isTls ? await pair.StartTlsAsync() : new PlainTransport(pair.Near));
    }

    [PolledFact]
    public async Task Pieces_arrive_in_order_over_a_polled_socket()
    {
        using SocketPair pair = await SocketPair.OpenAsync();
        await ShowAsync(pair, new PolledTransport(pair.Near));
    }

    [PolledFact]
    public async Task After_a_gathered_send_a_plain_one_sends_its_own_bytes_only()
    {
        using SocketPair pair = await SocketPair.OpenAsync();
        PolledTransport transport = new(pair.Near);
        Assert.Equal(SocketError.Success, await transport.SendAsync("one "u8.ToArray(), new ReadOnlySequence<byte>("two "u8.ToArray())));
        Assert.Equal(SocketError.Success, await transport.SendAsync("three"u8.ToArray()));
        Assert.Equal(13, transport.Handed);
        transport.Dispose();
        Assert.Equal("one two three", await pair.Far.ReadToEndAsync());
    }

    private static async Task ShowAsync(SocketPair pair, Transport transport)
    {
        byte[] all = new byte[7 + (Pieces * PieceBytes)];
        for (int i = 0; i < all.Length; i++)
        {
            all[i] = (byte)('a' + ((i / 7) % 26));
        }

        Segment first = new(all.AsMemory(7, PieceBytes), null);
        Segment last = first;
        for (int i = 1; i < Pieces; i++)
        {
            last = new Segment(all.AsMemory(7 + (i * PieceBytes), PieceBytes), last);
        }

        Task<SocketError> sending = transport.SendAsync(all.AsMemory(0, 7), new ReadOnlySequence<byte>(first, 0, last, PieceBytes)).AsTask();
        Task<string> reading = pair.Far.ReadToEndAsync();
        Assert.Equal(SocketError.Success, await sending.WaitAsync(WireEnd.Patience));
        transport.Dispose();
        Assert.Equal(Encoding.ASCII.GetString(all), await reading.WaitAsync(WireEnd.Patience));
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
