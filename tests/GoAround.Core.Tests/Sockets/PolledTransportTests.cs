using System;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Sockets;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Sockets;

public sealed class PolledTransportTests
{
    [LinuxFact]
    public async Task Closing_with_a_receive_under_way_is_orderly()
    {
        using SocketPair pair = await SocketPair.OpenAsync();
        PolledTransport transport = new(pair.Near);
        Inbox inbox = new(transport, 4096);
        Task<Transfer> fill = inbox.FillAsync().AsTask();
        Assert.Equal(SocketError.Success, await transport.SendAsync("bye"u8.ToArray()));
        transport.Dispose();
        inbox.Dispose();
        Assert.Equal("bye", await pair.Far.ReadToEndAsync());
        Assert.False((await fill.WaitAsync(WireEnd.Patience)).HasBytes);
    }

    [LinuxFact]
    public async Task Aborting_resets_the_connection_and_ends_what_waits()
    {
        using SocketPair pair = await SocketPair.OpenAsync();
        PolledTransport transport = new(pair.Near);
        Inbox inbox = new(transport, 4096);
        Task<Transfer> fill = inbox.FillAsync().AsTask();
        Task<SocketError> send = transport.SendAsync(new byte[30_000_000]).AsTask();
        Assert.False(send.IsCompleted);
        transport.Abort();
        Assert.NotEqual(SocketError.Success, await send.WaitAsync(WireEnd.Patience));
        Assert.False((await fill.WaitAsync(WireEnd.Patience)).HasBytes);
        await pair.Far.ReadToResetAsync();
        Assert.NotEqual(SocketError.Success, await transport.SendAsync("more"u8.ToArray()));
        transport.Dispose();
        inbox.Dispose();
    }

    [LinuxFact]
    public async Task Bytes_and_the_end_behind_them_are_both_received()
    {
        for (int i = 0; i < 200; i++)
        {
            using SocketPair pair = await SocketPair.OpenAsync();
            using PolledTransport transport = new(pair.Near);
            using Inbox inbox = new(transport, 4096);
            if (i % 2 == 0)
            {
                inbox.Post();
            }

            await pair.Far.SendAsync(new string('x', 3 + (i * 100)));
            pair.Far.ShutdownSend();
            int count = 0;
            Transfer transfer;
            while ((transfer = await inbox.FillAsync().AsTask().WaitAsync(WireEnd.Patience)).HasBytes)
            {
                count += transfer.Count;
                inbox.Take(transfer.Count);
            }

            Assert.True(transfer.IsEnd);
            Assert.Equal(3 + (i * 100), count);
        }
    }

    [LinuxFact]
    public async Task Reset_is_told_even_where_nothing_is_received()
    {
        using SocketPair pair = await SocketPair.OpenAsync();
        using PolledTransport transport = new(pair.Near);
        TaskCompletionSource reset = new();
        using Inbox inbox = new(transport, 4096, null, reset, static reset => ((TaskCompletionSource)reset).TrySetResult());
        await pair.Far.SendAsync("first");
        Assert.Equal(5, (await inbox.FillAsync().AsTask().WaitAsync(WireEnd.Patience)).Count);
        await pair.Far.SendAsync("second");
        pair.Far.Reset();
        await reset.Task.WaitAsync(WireEnd.Patience);
        Assert.Equal("first", System.Text.Encoding.ASCII.GetString(inbox.UnreadSpan));
    }

    [LinuxFact]
    public async Task Send_that_does_not_fit_goes_on_as_the_other_side_reads()
    {
        using SocketPair pair = await SocketPair.OpenAsync();
        using PolledTransport transport = new(pair.Near);
        byte[] bytes = new byte[10_000_000];
        Random.Shared.NextBytes(bytes);
        Task<SocketError> send = transport.SendAsync(bytes).AsTask();
        Assert.False(send.IsCompleted);
        byte[] received = new byte[bytes.Length];
        for (int count = 0; count < received.Length;)
        {
            count += await pair.Far.Socket.ReceiveAsync(received.AsMemory(count)).AsTask().WaitAsync(WireEnd.Patience);
        }

        Assert.Equal(SocketError.Success, await send.WaitAsync(WireEnd.Patience));
        Assert.True(bytes.AsSpan().SequenceEqual(received));
    }

    [LinuxFact]
    public async Task Dial_that_is_refused_is_an_error_and_leaves_nothing_behind()
    {
        using Socket taken = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0)); // bound, and not listening
        WeakReference[] sockets = [.. Enumerable.Range(0, 20).Select(_ => new WeakReference(null))];
        for (int i = 0; i < sockets.Length; i++)
        {
            await DialAsync(sockets[i], taken.LocalEndPoint!, default);
        }

        for (int i = 0; i < 20 && sockets.Any(socket => socket.IsAlive); i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            await Task.Delay(1);
        }

        Assert.InRange(sockets.Count(socket => socket.IsAlive), 0, 10); // the last one of each poll thread may still stand on its stack
    }

    [LinuxFact]
    public async Task Ping_pong_over_many_connections_loses_no_byte()
    {
        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(async () =>
        {
            using SocketPair pair = await SocketPair.OpenAsync();
            using PolledTransport transport = new(pair.Near);
            using Inbox inbox = new(transport, 4096);
            for (int i = 0; i < 500; i++)
            {
                await pair.Far.SendAsync("ping");
                while (inbox.UnreadSpan.Length < 4)
                {
                    Assert.True((await inbox.FillAsync().AsTask().WaitAsync(WireEnd.Patience)).HasBytes);
                }

                inbox.Take(4);
                Assert.Equal(SocketError.Success, await transport.SendAsync("pong"u8.ToArray()));
                await pair.Far.ExpectAsync("pong");
            }
        })));
    }

    private static async Task DialAsync(WeakReference reference, EndPoint point, CancellationToken cancellationToken)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        reference.Target = socket;
        await Assert.ThrowsAsync<SocketException>(async () => await PolledConnect.ConnectAsync(socket, point, cancellationToken));
        socket.Dispose();
    }
}
