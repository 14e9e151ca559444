using System;
using System.Net.Sockets;
using System.Threading.Tasks;
using GoAround.Core.Sockets;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Sockets;

public sealed class TransportTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Closing_with_a_receive_under_way_is_orderly(bool isTls)
    {
        using SocketPair pair = await SocketPair.OpenAsync();
        Transport transport = isTls ? await pair.StartTlsAsync() : new PlainTransport(pair.Near);
        Inbox inbox = new(transport, 4096);
        Task<Transfer> fill = inbox.FillAsync().AsTask();
        Assert.Equal(SocketError.Success, await transport.SendAsync("bye"u8.ToArray()));
        transport.Dispose();
        inbox.Dispose();
        Assert.Equal("bye", await pair.Far.ReadToEndAsync());
        Assert.False((await fill.WaitAsync(WireEnd.Patience)).HasBytes);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Aborting_resets_the_connection(bool isTls)
    {
        using SocketPair pair = await SocketPair.OpenAsync();
        Transport transport = isTls ? await pair.StartTlsAsync() : new PlainTransport(pair.Near);
        Inbox inbox = new(transport, 4096);
        Task<Transfer> fill = inbox.FillAsync().AsTask();
        transport.Abort();
        await pair.Far.ReadToResetAsync();
        Assert.False((await fill.WaitAsync(WireEnd.Patience)).HasBytes);
        Assert.NotEqual(SocketError.Success, await transport.SendAsync("more"u8.ToArray()));
        transport.Dispose();
        inbox.Dispose();
    }

    [LinuxFact]
    public async Task Send_on_a_closed_transport_is_an_error()
    {
        foreach (string kind in new[] { "plain", "polled", "tls" })
        {
            using SocketPair pair = await SocketPair.OpenAsync();
            Transport transport = kind switch
            {
                "tls" => await pair.StartTlsAsync(),
                "polled" => new PolledTransport(pair.Near),
                _ => new PlainTransport(pair.Near),
            };
            transport.Dispose();
            Assert.NotEqual(SocketError.Success, await transport.SendAsync("more"u8.ToArray()));
        }
    }

    [LinuxFact]
    public async Task What_no_receive_has_brought_yet_shows()
    {
        foreach ((bool isPolled, bool isEnd) in new[] { (false, false), (false, true), (true, false), (true, true) })
        {
            using SocketPair pair = await SocketPair.OpenAsync();
            using Transport transport = isPolled ? new PolledTransport(pair.Near) : new PlainTransport(pair.Near);
            using Inbox inbox = new(transport, 16);
            inbox.Post();
            Assert.False(transport.IsReadable);
            if (isEnd)
            {
                pair.Far.Dispose();
            }
            else
            {
                await pair.Far.SendAsync("x");
            }

            await Until.TrueAsync(() => transport.IsReadable, "does not show");
        }
    }

    [LinuxTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_a_receive_has_taken_and_not_told_yet_shows(bool isPolled)
    {
        using SocketPair pair = await SocketPair.OpenAsync();
        using Transport transport = isPolled ? new PolledTransport(pair.Near) : new PlainTransport(pair.Near);
        LookingSink sink = new(transport);
        Assert.False(transport.TryReceive(sink, out _));
        Assert.False(transport.IsReadable);
        await pair.Far.SendAsync("x");
        Assert.True(await sink.Seen.Task.WaitAsync(WireEnd.Patience));
    }

    [Fact]
    public async Task Receive_that_is_ended_by_a_close_brings_no_bytes_of_the_one_before()
    {
        for (int i = 0; i < 50; i++)
        {
            using SocketPair pair = await SocketPair.OpenAsync();
            using PlainTransport transport = new(pair.Near);
            using Inbox inbox = new(transport, 4096);
            Task<Transfer> fill = inbox.FillAsync().AsTask();
            await pair.Far.SendAsync("before");
            Assert.Equal(6, (await fill.WaitAsync(WireEnd.Patience)).Count);
            fill = inbox.FillAsync().AsTask();
            transport.Abort();
            Assert.Equal(0, (await fill.WaitAsync(WireEnd.Patience)).Count);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Receive_on_a_closed_transport_is_an_error_and_no_exception(bool isTls)
    {
        using SocketPair pair = await SocketPair.OpenAsync();
        Transport transport = isTls ? await pair.StartTlsAsync() : new PlainTransport(pair.Near);
        using Inbox inbox = new(transport, 4096);
        transport.Dispose();
        Transfer transfer = await inbox.FillAsync().AsTask().WaitAsync(WireEnd.Patience);
        Assert.False(transfer.HasBytes);
        Assert.False(transfer.IsEnd);
    }

    [Fact]
    public async Task Closing_that_races_with_an_arrival_never_throws()
    {
        for (int i = 0; i < 300; i++)
        {
            using SocketPair pair = await SocketPair.OpenAsync();
            PlainTransport transport = new(pair.Near);
            Inbox inbox = new(transport, 4096);
            inbox.Post();
            Task sending = Task.Run(() => pair.Far.Socket.Send("x"u8));
            await Task.Run(transport.Dispose);
            inbox.Dispose();
            await sending;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Half_that_was_shut_still_receives(bool isTls)
    {
        using SocketPair pair = await SocketPair.OpenAsync();
        using Transport transport = isTls ? await pair.StartTlsAsync() : new PlainTransport(pair.Near);
        using Inbox inbox = new(transport, 4096);
        await transport.ShutdownSendAsync();
        await transport.ShutdownSendAsync();
        await pair.Far.ExpectEndAsync();
        await pair.Far.SendAsync("still here");
        Assert.Equal(10, (await inbox.FillAsync().AsTask().WaitAsync(WireEnd.Patience)).Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Other_side_that_resets_is_an_error_and_no_exception(bool isTls)
    {
        using SocketPair pair = await SocketPair.OpenAsync();
        using Transport transport = isTls ? await pair.StartTlsAsync() : new PlainTransport(pair.Near);
        using Inbox inbox = new(transport, 4096);
        Task<Transfer> fill = inbox.FillAsync().AsTask();
        pair.Far.Reset();
        Transfer transfer = await fill.WaitAsync(WireEnd.Patience);
        Assert.False(transfer.HasBytes);
        Assert.False(transfer.IsEnd);
    }

    [LinuxTheory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Reset_of_which_a_send_was_told_is_one_for_the_receiver_too_unless_the_end_came_before(bool hasEnded, bool waits)
    {
        foreach (bool isPolled in new[] { false, true })
        {
            using SocketPair pair = await SocketPair.OpenAsync();
            using Transport transport = isPolled ? new PolledTransport(pair.Near) : new PlainTransport(pair.Near);
            using Inbox inbox = new(transport, 4096);
            Task<SocketError> send = waits ? SendMuch(transport) : Task.FromResult(SocketError.Success);
            await pair.Far.SendAsync("half");
            if (hasEnded)
            {
                pair.Far.ShutdownSend();
            }

            pair.Far.Reset();
            await Until.TrueAsync(() => LinuxCalls.PeerEndOf(pair.Near.SafeHandle) == PeerEnd.Reset || (waits && send.IsCompleted), "the reset did not come");
            if (!waits)
            {
                send = transport.SendAsync("x"u8.ToArray()).AsTask();
            }

            Assert.NotEqual(SocketError.Success, await send.WaitAsync(WireEnd.Patience));
            Assert.Equal(new Transfer(4, SocketError.Success), await inbox.FillAsync().AsTask().WaitAsync(WireEnd.Patience));
            inbox.Take(4);
            Assert.NotEqual(SocketError.Success, await transport.SendAsync(new byte[PolledSender.MostHeldBytes + 1])); // which is told EPIPE
            Assert.Equal(new Transfer(0, hasEnded ? SocketError.Success : SocketError.ConnectionReset), await inbox.FillAsync().AsTask().WaitAsync(WireEnd.Patience));
        }
    }

    [LinuxTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task End_behind_which_a_send_is_still_under_way_is_what_that_is_told(bool hasEnded)
    {
        // The sender's socket is another one, so that its send ends when the test wants it to.
        using SocketPair received = await SocketPair.OpenAsync();
        using SocketPair sent = await SocketPair.OpenAsync();
        using SocketSender sender = new();
        using SocketReceiver receiver = new(received.Near, sender);
        Task<SocketError> send = sender.SendAsync(sent.Near, new byte[30_000_000]).AsTask();
        received.Far.Reset();
        await Until.TrueAsync(() => LinuxCalls.PeerEndOf(received.Near.SafeHandle) == PeerEnd.Reset, "the reset did not come");
        Assert.Equal(SocketError.ConnectionReset, received.Near.TakeError());
        EndSink sink = new();
        Assert.False(receiver.TryReceive(sink, out _));
        Assert.False(send.IsCompleted);
        if (hasEnded)
        {
            sent.Far.ShutdownSend();
        }

        sent.Far.Reset();
        Assert.Equal(new Transfer(0, hasEnded ? SocketError.Success : SocketError.ConnectionReset), await sink.Ended.WaitAsync(WireEnd.Patience));
        Assert.NotEqual(SocketError.Success, await send.WaitAsync(WireEnd.Patience));
    }

    [LinuxFact]
    public async Task End_in_order_does_not_wait_for_a_send_that_waits()
    {
        foreach (bool isPolled in new[] { false, true })
        {
            using SocketPair pair = await SocketPair.OpenAsync();
            using Transport transport = isPolled ? new PolledTransport(pair.Near) : new PlainTransport(pair.Near);
            using Inbox inbox = new(transport, 4096);
            Task<SocketError> send = SendMuch(transport);
            pair.Far.ShutdownSend();
            Assert.Equal(new Transfer(0, SocketError.Success), await inbox.FillAsync().AsTask().WaitAsync(WireEnd.Patience));
            Assert.False(send.IsCompleted);
            transport.Abort();
            Assert.NotEqual(SocketError.Success, await send.WaitAsync(WireEnd.Patience));
        }
    }

    [LinuxFact]
    public async Task Receive_that_waits_for_the_outcome_of_a_send_ends_with_an_error_where_this_side_closes()
    {
        using SocketPair received = await SocketPair.OpenAsync();
        using SocketPair sent = await SocketPair.OpenAsync();
        using SocketSender sender = new();
        using SocketReceiver receiver = new(received.Near, sender);
        Task<SocketError> send = sender.SendAsync(sent.Near, new byte[30_000_000]).AsTask();
        received.Far.Reset();
        await Until.TrueAsync(() => LinuxCalls.PeerEndOf(received.Near.SafeHandle) == PeerEnd.Reset, "the reset did not come");
        Assert.Equal(SocketError.ConnectionReset, received.Near.TakeError());
        EndSink sink = new();
        Assert.False(receiver.TryReceive(sink, out _));
        sent.Near.Abort();
        Assert.Equal(new Transfer(0, SocketError.Shutdown), await sink.Ended.WaitAsync(WireEnd.Patience));
        Assert.NotEqual(SocketError.Success, await send.WaitAsync(WireEnd.Patience));
    }

    [Fact]
    public async Task Garbage_in_a_tls_stream_is_an_error_and_no_exception()
    {
        using SocketPair pair = await SocketPair.OpenAsync();
        using TlsTransport transport = await pair.StartTlsAsync();
        using Inbox inbox = new(transport, 4096);
        Task<Transfer> fill = inbox.FillAsync().AsTask();
        await pair.Far.Socket.SendAsync("GET / HTTP/1.1\r\n\r\n and no TLS record at all"u8.ToArray());
        Transfer transfer = await fill.WaitAsync(WireEnd.Patience);
        Assert.False(transfer.HasBytes);
        Assert.False(transfer.IsEnd);
    }

    private static Task<SocketError> SendMuch(Transport transport)
    {
        Task<SocketError> send = transport.SendAsync(new byte[30_000_000]).AsTask();
        Assert.False(send.IsCompleted);
        return send;
    }

    /// <summary>Keeps how a receive has ended.</summary>
    private sealed class EndSink : IReceiveSink
    {
        private readonly TaskCompletionSource<Transfer> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<Transfer> Ended => _ended.Task;

        public Memory<byte> RentRoom() => new byte[16];

        public void ReturnRoom()
        {
        }

        public void OnReceived(Transfer transfer) => _ended.TrySetResult(transfer);

        public void OnReset()
        {
        }

        public void OnPeerClosed()
        {
        }
    }

    /// <summary>Looks, in the moment it is told of bytes, at what others see of them.</summary>
    private sealed class LookingSink(Transport transport) : IReceiveSink
    {
        public TaskCompletionSource<bool> Seen { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Memory<byte> RentRoom() => new byte[16];

        public void ReturnRoom()
        {
        }

        public void OnReceived(Transfer transfer) => Seen.TrySetResult(transport.IsReadable);

        public void OnReset()
        {
        }

        public void OnPeerClosed()
        {
        }
    }
}
