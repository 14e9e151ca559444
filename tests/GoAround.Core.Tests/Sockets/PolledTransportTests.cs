using System;
using System.Collections.Generic;
using System.Diagnostics;
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

    [LinuxTheory]
    [InlineData(false, 1)]
    [InlineData(false, PolledSender.MostHeldBytes + 1)]
    [InlineData(true, 1)]
    [InlineData(true, PolledSender.MostHeldBytes + 1)]
    public async Task Reset_of_which_a_send_hears_is_one_for_the_receiver_too_unless_the_end_came_before(bool hasEnded, int bytes)
    {
        using SocketPair pair = await SocketPair.OpenAsync();
        using PolledTransport transport = new(pair.Near);
        List<string> told = [];
        using Inbox inbox = new(transport, 4096, null, told, static told => ((List<string>)told).Add("reset"), static told => ((List<string>)told).Add("closed"));
        Task run = RunAsync();
        await pair.Far.SendAsync("go");
        await run.WaitAsync(WireEnd.Patience);

        async Task RunAsync()
        {
            await inbox.FillAsync().ConfigureAwait(false);
            Assert.NotNull(Poller.Current); // this transport's: it is told nothing before a turn
            if (hasEnded)
            {
                pair.Far.ShutdownSend();
            }

            SocketPair.Reset(pair.Far, pair.Near);
            bool isHeld = bytes <= PolledSender.MostHeldBytes;
            Assert.Equal(isHeld ? SocketError.Success : SocketError.ConnectionReset, await transport.SendAsync(new byte[bytes]));
            await default(PollerTurn);
            await default(PollerTurn);
            Assert.Equal([hasEnded ? "closed" : "reset"], told);
            Assert.Equal(new Transfer(0, hasEnded ? SocketError.Success : SocketError.ConnectionReset), await inbox.FillAsync());
        }
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

    [LinuxFact]
    public async Task What_came_together_is_told_once_to_each_also_where_the_first_one_closes_the_others()
    {
        await using Neighbours neighbours = await Neighbours.OpenAsync(4);
        using ManualResetEventSlim go = new();
        neighbours.Sinks[0].Told = _ => go.Wait(WireEnd.Patience); // the poll thread stands here until the others' bytes have come
        foreach (NoteSink sink in neighbours.Sinks.Skip(1))
        {
            sink.Told = told =>
            {
                foreach (NoteSink other in neighbours.Sinks.Skip(1).Where(other => other != told))
                {
                    other.Transport.Dispose();
                }
            };
        }

        await neighbours.SendAsync(0);
        await Until.TrueAsync(() => neighbours.Sinks[0].Count == 1, "the poll thread was not stopped");
        for (int i = 1; i < neighbours.Sinks.Length; i++)
        {
            await neighbours.SendAsync(i);
            await neighbours.UntilComeAsync(i, 4);
        }

        go.Set();
        await Until.TrueAsync(() => neighbours.Sinks.All(sink => sink.Count == 1), "one was not told");
        await neighbours.SettleAsync();
        Assert.All(neighbours.Sinks, sink => Assert.Equal((1, 4), (sink.Count, sink.Bytes)));
    }

    [LinuxFact]
    public async Task Poller_that_catches_up_knows_of_what_came_while_it_ran()
    {
        await using Neighbours neighbours = await Neighbours.OpenAsync(2);
        PolledTransport other = neighbours.Sinks[1].Transport;
        using SemaphoreSlim go = new(0);
        List<bool> known = [];
        neighbours.Sinks[0].Told = _ => // on the poll thread
        {
            known.AddRange([other.TryCatchUp(), other.MayBeReadable]);
            for (int i = 0; i < 2; i++)
            {
                go.Wait(WireEnd.Patience);
                known.AddRange([other.TryCatchUp(), other.MayBeReadable]);
            }
        };
        neighbours.Sinks[1].Told = sink => // the first of two events, whose receive has taken all
        {
            known.AddRange([sink.Transport.TryReceive(sink, out _), sink.Transport.MayBeReadable]);
            sink.Told = null;
        };
        await neighbours.SendAsync(0);
        await Until.TrueAsync(() => neighbours.Sinks[0].Count == 1, "the poll thread was not stopped");
        for (int i = 1; i <= 2; i++)
        {
            await neighbours.SendAsync(1);
            await neighbours.UntilComeAsync(1, 4 * i);
            long come = Stopwatch.GetTimestamp();
            await Until.TrueAsync(() => Stopwatch.GetElapsedTime(come) > TimeSpan.FromMilliseconds(1), "time stands still");
            go.Release();
            await Until.TrueAsync(() => Volatile.Read(ref known).Count == 2 + (2 * i) || neighbours.Sinks[1].Count > 0, "was not asked");
        }

        await Until.TrueAsync(() => neighbours.Sinks[1].Count == 1, "was not told");
        await neighbours.SettleAsync();
        Assert.Equal([true, false, true, true, true, true, false, true], known);
        Assert.Equal((1, 8), (neighbours.Sinks[1].Count, neighbours.Sinks[1].Bytes));
        Assert.False(other.MayBeReadable); // its second event has had its turn
        Assert.False(other.TryCatchUp()); // not on the poll thread
    }

    /// <summary>What comes after the system has collected events, and before the thread that waits runs again, is not among them; on a busy machine that takes longer than 1 ms.</summary>
    [LinuxFact]
    public async Task Poller_that_has_slept_does_not_count_what_it_knows_from_its_waking()
    {
        await using Neighbours neighbours = await Neighbours.OpenAsync(2);
        PolledTransport other = neighbours.Sinks[1].Transport;
        bool isFound = false;
        for (int i = 0; i < 100 && !isFound; i++) // it need not look where another test's socket has woken it less than 1 ms before
        {
            Task sending = Task.CompletedTask;
            neighbours.Sinks[0].Told = sink => // on the poll thread, just woken
            {
                sink.Told = null;
                sending = neighbours.SendAsync(1);
                SpinWait.SpinUntil(() => other.IsReadable, WireEnd.Patience);
                isFound = other.TryCatchUp() && other.MayBeReadable;
            };
            await Task.Delay(2); // it sleeps
            await neighbours.SendAsync(0);
            await Until.TrueAsync(() => neighbours.Sinks[1].Count == 1, "was not told");
            await sending;
            neighbours.Renew();
        }

        Assert.True(isFound);
    }

    private static async Task DialAsync(WeakReference reference, EndPoint point, CancellationToken cancellationToken)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        reference.Target = socket;
        await Assert.ThrowsAsync<SocketException>(async () => await PolledConnect.ConnectAsync(socket, point, cancellationToken));
        socket.Dispose();
    }
}
