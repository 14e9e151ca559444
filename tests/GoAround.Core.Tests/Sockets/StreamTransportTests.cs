using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Sockets;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Sockets;

public sealed class StreamTransportTests
{
    [Fact]
    public async Task Socket_of_a_plain_network_stream_is_used_itself()
    {
        using SocketPair pair = await SocketPair.OpenAsync();
        using Transport transport = StreamTransport.Over(new NetworkStream(pair.Near, ownsSocket: true), null);
        Assert.IsNotType<StreamTransport>(transport);
        Assert.Equal(SocketError.Success, await transport.SendAsync("hello"u8.ToArray()));
        await pair.Far.ExpectAsync("hello");
    }

    [Fact]
    public async Task Network_stream_of_somebodys_own_is_used_as_it_is_and_can_close_its_half()
    {
        using SocketPair pair = await SocketPair.OpenAsync();
        ObservedStream stream = new(pair.Near);
        using Transport transport = StreamTransport.Over(stream, null);
        Assert.IsType<StreamTransport>(transport);
        Inbox inbox = new(transport, 4096);
        Task<Transfer> fill = inbox.FillAsync().AsTask();
        Assert.Equal(0, inbox.Capacity); // it waits without a buffer
        await pair.Far.SendAsync("there");
        Assert.Equal(5, (await fill.WaitAsync(WireEnd.Patience)).Count);
        Assert.Equal("there", Encoding.ASCII.GetString(inbox.UnreadSpan));
        Assert.Equal(SocketError.Success, await transport.SendAsync("back"u8.ToArray()));
        Assert.Equal((4L, 4L, 1), (transport.Handed, transport.CountTaken(), stream.Flushes));
        await transport.ShutdownSendAsync();
        Assert.Equal("back", await pair.Far.ReadToEndAsync());
        inbox.Dispose();
    }

    [Fact]
    public async Task Closing_ends_what_waits_and_disposes_the_stream()
    {
        (PairedStream near, PairedStream far) = PairedStream.Open();
        await using (far)
        {
            StreamTransport transport = new(near, null);
            Inbox inbox = new(transport, 4096);
            Task<Transfer> fill = inbox.FillAsync().AsTask();
            Task<SocketError> send = transport.SendAsync(new byte[1_000_000]).AsTask(); // nobody reads, and a pipe holds 64 KiB
            Assert.False(send.IsCompleted);
            transport.Abort();
            transport.Dispose();
            Assert.NotEqual(SocketError.Success, await send.WaitAsync(WireEnd.Patience));
            Assert.False((await fill.WaitAsync(WireEnd.Patience)).HasBytes);
            await Until.TrueAsync(() => near.IsClosed, "the stream was not disposed");
            Assert.NotEqual(SocketError.Success, await transport.SendAsync("late"u8.ToArray()).AsTask().WaitAsync(WireEnd.Patience));
            inbox.Dispose();
        }
    }

    [Fact]
    public async Task End_of_the_other_side_is_an_end()
    {
        (PairedStream near, PairedStream far) = PairedStream.Open();
        using StreamTransport transport = new(near, null);
        Inbox inbox = new(transport, 4096);
        await far.DisposeAsync();
        Assert.True((await inbox.FillAsync().AsTask().WaitAsync(WireEnd.Patience)).IsEnd);
        inbox.Dispose();
    }

    private sealed class ObservedStream(Socket socket) : NetworkStream(socket, ownsSocket: true)
    {
        public int Flushes { get; private set; }

        public override Task FlushAsync(CancellationToken cancellationToken)
        {
            Flushes++;
            return base.FlushAsync(cancellationToken);
        }
    }
}
