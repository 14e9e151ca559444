using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Sockets;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Sockets;

public sealed class InboxTests : IDisposable
{
    private const int BufferBytes = 4096;

    private readonly ScriptedTransport _wire = new();
    private readonly List<Transfer> _unawaited = [];

    public void Dispose() => _wire.Dispose();

    [Fact]
    public async Task Bytes_that_are_there_are_handed_out_at_once()
    {
        using Inbox inbox = Open();
        _wire.HaveReady("hello");
        Task<Transfer> fill = inbox.FillAsync().AsTask();
        Assert.True(fill.IsCompletedSuccessfully);
        Assert.Equal(5, (await fill).Count);
        Assert.Equal("hello", Text(inbox));
    }

    [Fact]
    public async Task Bytes_that_come_later_are_appended_behind_the_unread_ones()
    {
        using Inbox inbox = Open();
        await FillAsync(inbox, "hello");
        inbox.Take(2);
        await FillAsync(inbox, " world");
        Assert.Equal("llo world", Text(inbox));
    }

    [Fact]
    public async Task Buffer_grows_and_keeps_what_is_unread()
    {
        using Inbox inbox = Open();
        string text = "";
        for (int i = 0; i < 20; i++)
        {
            string piece = new((char)('a' + i), 1024);
            await FillAsync(inbox, piece);
            text += piece;
        }

        Assert.Equal(text, Text(inbox));
        Assert.True(inbox.Capacity >= 20 * 1024);
    }

    [Fact]
    public async Task Held_bytes_stay_in_place_while_the_buffer_grows()
    {
        using Inbox inbox = Open();
        await FillAsync(inbox, "head" + new string('b', 3000));
        ReadOnlyMemory<byte> held = inbox.Hold(4);
        for (int i = 0; i < 10; i++)
        {
            await FillAsync(inbox, new string('c', 1000));
        }

        Assert.Equal("head", Encoding.ASCII.GetString(held.Span));
        Assert.Equal(new string('b', 3000) + new string('c', 10_000), Text(inbox));
        inbox.Release();
        Assert.Equal(13_000, Text(inbox).Length);
    }

    [Fact]
    public async Task Every_receive_has_room_even_where_held_bytes_fill_the_buffer()
    {
        using Inbox inbox = Open();
        await FillAsync(inbox, new string('h', BufferBytes), wantedBytes: BufferBytes);
        inbox.Hold(BufferBytes);
        Task<Transfer> fill = inbox.FillAsync(0).AsTask();
        _wire.Arrive("x");
        Assert.True(_wire.RoomBytes >= 1024, $"a receive of {_wire.RoomBytes} bytes looks like the end of the stream");
        Assert.True((await fill).HasBytes);
    }

    [Fact]
    public async Task Posted_receive_is_picked_up_by_the_next_wait()
    {
        using Inbox inbox = Open();
        inbox.Post();
        inbox.Post();
        Assert.Equal(1, _wire.Receives);
        _wire.Arrive("early");
        Assert.True(inbox.HasArrived);
        Assert.Equal(5, Assert.Single(_unawaited).Count);
        Assert.Equal(5, (await inbox.FillAsync()).Count);
        Assert.Equal("early", Text(inbox));
        Assert.Equal(1, _wire.Receives);
    }

    [Fact]
    public async Task Posted_receive_that_ends_during_a_wait_tells_nobody_else()
    {
        using Inbox inbox = Open();
        inbox.Post();
        Task<Transfer> fill = inbox.FillAsync().AsTask();
        _wire.Arrive("late");
        Assert.Equal(4, (await fill).Count);
        Assert.Empty(_unawaited);
    }

    [Fact]
    public async Task Posted_receive_that_ends_at_once_is_told_and_picked_up()
    {
        using Inbox inbox = Open();
        _wire.HaveReady("now");
        inbox.Post();
        Assert.Single(_unawaited);
        Assert.Equal(3, (await inbox.FillAsync()).Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Posted_receive_never_overwrites_the_piece_that_is_lent(bool isHeadHeldElsewhere)
    {
        using Inbox inbox = Open();
        await FillAsync(inbox, "head" + new string('a', 3000));
        ReadOnlyMemory<byte> held = inbox.Hold(4);
        inbox.Take(3000);
        if (isHeadHeldElsewhere)
        {
            await FillAsync(inbox, new string('b', 20_000), wantedBytes: 64 * 1024);
        }
        else
        {
            await FillAsync(inbox, new string('b', 500), wantedBytes: 500);
        }

        ReadOnlyMemory<byte> lent = inbox.Unread;
        string before = Encoding.ASCII.GetString(lent.Span);
        inbox.Take(lent.Length);
        inbox.Post();
        Assert.True(_wire.IsPending, "nobody would notice that the other side leaves");
        _wire.Arrive(new string('x', 1000));
        Assert.Equal(before, Encoding.ASCII.GetString(lent.Span));
        Assert.Equal("head", Encoding.ASCII.GetString(held.Span));
        inbox.Release();
        await inbox.FillAsync();
        Assert.Equal(new string('x', 1000), Text(inbox));
    }

    [Fact]
    public async Task Receive_is_posted_behind_unread_bytes_so_that_a_leaving_is_noticed()
    {
        using Inbox inbox = Open();
        await FillAsync(inbox, "first second");
        inbox.Hold(6);
        inbox.Post();
        Assert.True(_wire.IsPending);
        _wire.Arrive(" third");
        Assert.Equal("second", Text(inbox));
        Assert.Equal(6, (await inbox.FillAsync()).Count);
        Assert.Equal("second third", Text(inbox));
    }

    [Theory]
    [InlineData(BufferBytes)]
    [InlineData(64 * 1024)]
    public async Task Wait_with_nothing_unread_held_or_lent_holds_no_buffer(int wantedBytes)
    {
        using Inbox inbox = Open();
        Assert.Equal(0, inbox.Capacity);
        inbox.Post();
        Assert.Equal(0, inbox.Capacity);
        await FillAsync(inbox, new string('a', 3000), wantedBytes);
        inbox.Hold(1000);
        inbox.Take(2000);
        inbox.Post();
        inbox.Release();
        Assert.Equal(0, inbox.Capacity);
        Task<Transfer> fill = inbox.FillAsync(wantedBytes).AsTask();
        _wire.LookInVain();
        Assert.Equal(0, inbox.Capacity);
        _wire.Arrive("b");
        Assert.Equal(1, (await fill).Count);
        inbox.Take(1);
        fill = inbox.FillAsync(wantedBytes).AsTask();
        Assert.Equal(0, inbox.Capacity);
        _wire.Break();
        Assert.False((await fill).HasBytes);
        Assert.Equal(0, inbox.Capacity);
    }

    [Fact]
    public async Task Wait_for_the_rest_of_a_few_bytes_holds_one_small_buffer()
    {
        using Inbox inbox = Open();
        await FillAsync(inbox, new string('a', 50_000), wantedBytes: 64 * 1024);
        inbox.Take(49_990);
        Task<Transfer> fill = inbox.FillAsync(64 * 1024).AsTask();
        Assert.Equal(BufferBytes, inbox.Capacity);
        _wire.Arrive("b");
        await fill;
        Assert.Equal(new string('a', 10) + "b", Text(inbox));
    }

    [Theory]
    [InlineData(64 * 1024, 64 * 1024)]
    [InlineData(BufferBytes, 8 * 1024)]
    [InlineData(100 * 1024, 128 * 1024)]
    public async Task Few_unread_bytes_do_not_double_the_buffer(int wantedBytes, int expectedBytes)
    {
        using Inbox inbox = Open();
        await FillAsync(inbox, "few");
        Task<Transfer> fill = inbox.FillAsync(wantedBytes).AsTask();
        _wire.Arrive("more");
        await fill;
        Assert.Equal("fewmore", Text(inbox));
        Assert.Equal(expectedBytes, inbox.Capacity);
    }

    [Fact]
    public async Task What_arrives_while_the_reader_goes_on_stands_behind_what_it_has_left()
    {
        using Inbox inbox = Open();
        await FillAsync(inbox, "first second");
        inbox.Hold(6);
        inbox.Post();
        inbox.Take(2);
        _wire.Arrive(" third");
        inbox.Take(1);
        Assert.Equal("ond", Text(inbox));
        Assert.Equal(6, (await inbox.FillAsync()).Count);
        Assert.Equal("ond third", Text(inbox));
        inbox.Post();
        inbox.Take(9);
        inbox.Release();
        _wire.Arrive("fourth");
        Assert.Equal(6, (await inbox.FillAsync()).Count);
        Assert.Equal("fourth", Text(inbox));
    }

    [Fact]
    public async Task Given_up_wait_ends_and_the_receive_goes_on()
    {
        using Inbox inbox = Open();
        Task<Transfer> fill = inbox.FillAsync().AsTask();
        inbox.GiveUp();
        Assert.Equal(Transfer.GivenUp, await fill);
        Assert.Equal(Transfer.GivenUp, await inbox.FillAsync());
        inbox.Resume();
        fill = inbox.FillAsync().AsTask();
        Assert.False(fill.IsCompleted);
        _wire.Arrive("after all");
        Assert.Equal(9, (await fill).Count);
        Assert.Equal(1, _wire.Receives);
        Assert.Equal("after all", Text(inbox));
    }

    [Fact]
    public async Task Bytes_that_arrived_are_handed_out_even_when_given_up()
    {
        using Inbox inbox = Open();
        inbox.Post();
        inbox.GiveUp();
        _wire.Arrive("there");
        Assert.Equal(5, (await inbox.FillAsync()).Count);
    }

    [Fact]
    public async Task Error_and_end_of_the_stream_are_told_apart()
    {
        using Inbox inbox = Open();
        Task<Transfer> fill = inbox.FillAsync().AsTask();
        _wire.Arrive("");
        Assert.True((await fill).IsEnd);
        fill = inbox.FillAsync().AsTask();
        _wire.Break();
        Assert.Equal(new Transfer(0, SocketError.ConnectionReset), await fill);
    }

    [Fact]
    public Task Giving_up_that_races_with_arrivals_loses_and_doubles_no_byte() => Task.Run(async () =>
    {
        using Inbox inbox = Open();
        const int Total = 100_000;
        Task sender = Task.Run(() => SendNumbers(Total));
        Task quitter = Task.Run(() =>
        {
            while (!sender.IsCompleted)
            {
                inbox.GiveUp();
                Thread.SpinWait(20);
            }
        });
        int next = 0;
        while (next < Total)
        {
            Transfer transfer = await inbox.FillAsync();
            if (transfer == Transfer.GivenUp)
            {
                inbox.Resume();
            }

            next = CheckNumbers(inbox, next);
        }

        await sender;
        await quitter;
    }).WaitAsync(WireEnd.Patience);

    [Fact]
    public Task Posting_and_waiting_that_race_with_arrivals_lose_and_double_no_byte() => Task.Run(async () =>
    {
        const int Total = 300_000;
        using Inbox inbox = Open();
        Task sender = Task.Run(() => SendNumbers(Total));
        int next = 0;
        while (next < Total)
        {
            if (next % 3 == 0)
            {
                inbox.Post();
            }

            Transfer transfer = await inbox.FillAsync();
            Assert.True(transfer.HasBytes);
            next = CheckNumbers(inbox, next);
        }

        await sender;
    }).WaitAsync(WireEnd.Patience);

    [Fact]
    public void Disposal_with_a_receive_under_way_leaves_the_buffer_to_the_collector()
    {
        Inbox inbox = Open();
        inbox.Post();
        Memory<byte> room = ((IReceiveSink)inbox).RentRoom();
        inbox.Dispose();
        inbox.Dispose();
        byte[][] rented = [.. Enumerable.Range(0, 64).Select(_ => ReceiveBuffers.Rent(BufferBytes))];
        Array.ForEach(rented, Array.Clear);
        room.Span[0] = (byte)'x';
        ((IReceiveSink)inbox).OnReceived(new Transfer(1, SocketError.Success));
        Assert.All(rented, buffer => Assert.Equal(0, buffer[0]));
        Array.ForEach(rented, ReceiveBuffers.Return);
    }

    private static string Text(Inbox inbox) => Encoding.ASCII.GetString(inbox.UnreadSpan);

    private static int CheckNumbers(Inbox inbox, int next)
    {
        foreach (byte number in inbox.UnreadSpan)
        {
            Assert.Equal((byte)next++, number);
        }

        inbox.Take(inbox.UnreadSpan.Length);
        return next;
    }

    private void SendNumbers(int total)
    {
        byte[] one = new byte[1];
        for (int i = 0; i < total; i++)
        {
            SpinWait wait = default;
            while (!_wire.IsPending && !_wire.IsDisposed)
            {
                wait.SpinOnce(sleep1Threshold: -1);
            }

            one[0] = (byte)i;
            _wire.Arrive(one);
        }
    }

    private Inbox Open() => new(_wire, BufferBytes, static (test, transfer) =>
    {
        List<Transfer> unawaited = ((InboxTests)test)._unawaited;
        lock (unawaited)
        {
            unawaited.Add(transfer);
        }
    }, this);

    private async Task FillAsync(Inbox inbox, string text, int wantedBytes = 1024)
    {
        Task<Transfer> fill = inbox.FillAsync(wantedBytes).AsTask();
        _wire.Arrive(text);
        Assert.Equal(text.Length, (await fill).Count);
    }
}
