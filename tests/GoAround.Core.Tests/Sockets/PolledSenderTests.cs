using System;
using System.Buffers;
using System.Net.Sockets;
using System.Text;
using System.Threading.Tasks;
using GoAround.Core.Sockets;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Sockets;

public sealed class PolledSenderTests
{
    [LinuxFact]
    public async Task On_a_pollers_thread_few_bytes_leave_together_after_all_that_is_ready()
    {
        await OnPollerAsync(async (transport, far) =>
        {
            Assert.Equal(SocketError.Success, Sent(transport, "one "));
            Assert.Equal(SocketError.Success, Sent(transport, "two"));
            Assert.Equal(0, far.Socket.Available);
            Assert.Equal(7, transport.Handed);
            Assert.Equal(0, transport.CountTaken());
            await default(PollerTurn);
            Until.True(() => far.Socket.Available == 7, "they have not left");
            transport.Dispose();
            Assert.Equal("one two", await far.ReadToEndAsync());
        });
    }

    [LinuxFact]
    public async Task Elsewhere_they_leave_at_once()
    {
        using SocketPair pair = await SocketPair.OpenAsync();
        using PolledTransport transport = new(pair.Near);
        Assert.Equal(SocketError.Success, Sent(transport, "now"));
        Assert.True(LinuxCalls.Unacknowledged(pair.Near.SafeHandle) == 3 || pair.Far.Socket.Available == 3); // on its way, or there
    }

    [LinuxFact]
    public async Task What_follows_stays_behind_them_however_it_is_sent()
    {
        string many = new('m', PolledSender.MostHeldBytes + 1);
        await OnPollerAsync(async (transport, far) =>
        {
            Assert.Equal(SocketError.Success, Sent(transport, "held "));
            Assert.Equal(SocketError.Success, Sent(transport, many)); // more than is held: takes them along
            Until.True(() => far.Socket.Available == 5 + many.Length, "they have not left");
            Assert.Equal(SocketError.Success, Sent(transport, " held"));
            Assert.Equal(SocketError.Success, await transport.SendAsync(Bytes(" gathered"), new ReadOnlySequence<byte>(Bytes(" send"))));
            Assert.Equal(SocketError.Success, Sent(transport, " held"));
            Assert.Equal(SocketError.Success, Task.Run(() => Sent(transport, " elsewhere")).Result); // this thread waits, so nothing is flushed here
            Assert.Equal(SocketError.Success, Sent(transport, new string('x', 4000)));
            Assert.Equal(SocketError.Success, Sent(transport, new string('y', 4000))); // no room behind the first ones
            transport.Dispose();
            Assert.Equal("held " + many + " held gathered send held elsewhere" + new string('x', 4000) + new string('y', 4000), await far.ReadToEndAsync());
        });
    }

    [LinuxTheory]
    [InlineData("more")]
    [InlineData("")]
    public async Task What_the_other_side_takes_only_later_is_sent_then_in_order_and_before_the_end(string more)
    {
        await OnPollerAsync(async (transport, far, near) =>
        {
            int filled = SocketPair.Fill(near);
            Assert.Equal(SocketError.Success, Sent(transport, "held"));
            await default(PollerTurn);
            long taken = transport.CountTaken();
            Task<SocketError> behind = more.Length > 0 ? transport.SendAsync(Bytes(more)).AsTask() : Task.FromResult(SocketError.Success);
            Task shutdown = ShutdownBehindAsync();
            Assert.False(shutdown.IsCompleted);
            Assert.InRange(taken, long.MinValue, 0); // of what went through the transport nothing
            Assert.Equal(new string('\0', filled) + "held" + more, await far.ReadToEndAsync());
            await shutdown.WaitAsync(WireEnd.Patience);
            Assert.Equal(SocketError.Success, await behind);
            Assert.Equal(4 + more.Length, transport.Handed);
            transport.Dispose();

            async Task ShutdownBehindAsync()
            {
                await behind;
                await transport.ShutdownSendAsync();
            }
        });
    }

    [LinuxFact]
    public async Task What_nobody_waits_for_goes_on_by_itself_once_there_is_room()
    {
        await OnPollerAsync(async (transport, far, near) =>
        {
            int filled = SocketPair.Fill(near);
            Assert.Equal(SocketError.Success, Sent(transport, "held"));
            await default(PollerTurn);
            await far.ReadAsync(filled);
            await far.ExpectAsync("held");
            Assert.Equal(SocketError.Success, Sent(transport, " again"));
            await far.ExpectAsync(" again");
            transport.Dispose();
        });
    }

    [LinuxFact]
    public async Task What_is_added_in_the_moment_of_the_flush_leaves_with_the_next_one()
    {
        await OnPollerAsync(async (_, far, near) =>
        {
            PolledSender sender = new(near);
            PolledSender other = new(near);
            using LookedAtBytes added = new(" added", onLook: () =>
            {
                for (int i = 0; i <= Poller.MostHeldSends; i++)
                {
                    Poller.Current!.FlushLater(other); // so that the poller flushes now, and finds the first one in use
                }
            });
            Assert.Equal(SocketError.Success, await sender.SendAsync(Bytes("held")));
            Assert.Equal(SocketError.Success, await sender.SendAsync(added.Memory));
            Assert.Equal(0, far.Socket.Available);
            await default(PollerTurn);
            Until.True(() => far.Socket.Available == 10, "they have not left");
        });
    }

    [LinuxFact]
    public async Task Closing_sends_them_and_aborting_drops_them()
    {
        await OnPollerAsync(async (transport, far) =>
        {
            Assert.Equal(SocketError.Success, Sent(transport, "bye"));
            transport.Dispose();
            Assert.Equal("bye", await far.ReadToEndAsync());
        });
        await OnPollerAsync(async (transport, far) =>
        {
            Assert.Equal(SocketError.Success, Sent(transport, "half"));
            transport.Abort();
            await default(PollerTurn);
            Assert.NotEqual(SocketError.Success, Sent(transport, "more"));
            Assert.Equal("", await far.ReadToResetAsync());
        });
    }

    [LinuxFact]
    public async Task Failure_of_held_bytes_is_told_by_the_next_send()
    {
        await OnPollerAsync(async (transport, far, near) =>
        {
            SocketPair.Reset(far, near);
            Assert.Equal(SocketError.Success, Sent(transport, "into the void"));
            await default(PollerTurn);
            Assert.Equal(SocketError.ConnectionReset, Sent(transport, "more"));
            Assert.Equal(SocketError.ConnectionReset, await transport.SendAsync(Bytes("more"), new ReadOnlySequence<byte>(Bytes("still"))));
            transport.Dispose();
        });
    }

    private static Task OnPollerAsync(Func<PolledTransport, WireEnd, Task> test) => OnPollerAsync((transport, far, _) => test(transport, far));

    /// <summary>Begins a test on the thread of a poller.</summary>
    private static async Task OnPollerAsync(Func<PolledTransport, WireEnd, Socket, Task> test)
    {
        using SocketPair calling = await SocketPair.OpenAsync();
        using SocketPair pair = await SocketPair.OpenAsync();
        using PolledTransport caller = new(calling.Near);
        using Inbox inbox = new(caller, 4096);
        using PolledTransport transport = new(pair.Near);
        Task run = RunAsync();
        await calling.Far.SendAsync("go");
        await run.WaitAsync(WireEnd.Patience);

        async Task RunAsync()
        {
            ValueTask<Transfer> fill = inbox.FillAsync();
            Assert.False(fill.IsCompleted);
            await fill.ConfigureAwait(false);
            Assert.NotNull(Poller.Current);
            await test(transport, pair.Far, pair.Near).ConfigureAwait(false);
        }
    }

    private static SocketError Sent(PolledTransport transport, string text)
    {
#pragma warning disable CA2012 // its result is read once, after it has completed
        ValueTask<SocketError> sending = transport.SendAsync(Bytes(text));
        Assert.True(sending.IsCompletedSuccessfully);
        return sending.Result;
#pragma warning restore CA2012
    }

    private static byte[] Bytes(string text) => Encoding.ASCII.GetBytes(text);

    /// <summary>Bytes that run something in the moment in which they are copied.</summary>
    private sealed class LookedAtBytes(string text, Action onLook) : MemoryManager<byte>
    {
        private readonly byte[] _bytes = Bytes(text);

        public override Memory<byte> Memory => CreateMemory(_bytes.Length);

        public override Span<byte> GetSpan()
        {
            onLook();
            return _bytes;
        }

        public override MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException();

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
