using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Sockets;
using GoAround.Core.Tests.Load;
using Xunit;

namespace GoAround.Core.Tests.Sockets;

[Collection(Alone.Name)] // the buffers are the process's
public sealed class ReceiveBuffersTests
{
    [Fact]
    public void Many_buffers_that_go_out_and_come_back_allocate_nothing() => OnOneThread(() =>
    {
        const int Count = 1000;
        byte[][] rented = new byte[Count][];
        for (int round = 0; round < 2; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < Count; i++)
            {
                rented[i] = ReceiveBuffers.Rent(i % ReceiveBuffers.SmallBytes);
            }

            Assert.True(round == 0 || GC.GetAllocatedBytesForCurrentThread() - before < Count * 100, "the buffers were made anew");
            Assert.Equal(Count, rented.Distinct().Count());
            Array.ForEach(rented, ReceiveBuffers.Return);
        }
    });

    [Fact]
    public void Huge_buffers_are_lent_only_while_there_is_memory_for_them()
    {
        const int Huge = 1024 * 1024;
        Stack<byte[]> rented = [];
        do
        {
            rented.Push(ReceiveBuffers.Rent(ReceiveBuffers.LargeBytes, Huge));
            Assert.True(rented.Count <= (ReceiveBuffers.MostHugeBytes / Huge) + 1, "there was no end of them");
        }
        while (rented.Peek().Length == Huge);
        Assert.Equal(ReceiveBuffers.LargeBytes, rented.Peek().Length); // what is there in any case
        Assert.Equal(ReceiveBuffers.PieceBytes, RoomFor(16 * ReceiveBuffers.PieceBytes));
        while (rented.TryPop(out byte[]? buffer))
        {
            ReceiveBuffers.Return(buffer);
        }

        byte[] again = ReceiveBuffers.Rent(ReceiveBuffers.LargeBytes, Huge);
        Assert.Equal(Huge, again.Length);
        ReceiveBuffers.Return(again);
    }

    [Theory]
    [InlineData(100, 4 * 1024)]
    [InlineData(20_000, 32 * 1024)]
    [InlineData(65_000, 64 * 1024)]
    [InlineData(ReceiveBuffers.PieceBytes, ReceiveBuffers.PieceBytes)]
    [InlineData(4 * ReceiveBuffers.PieceBytes, 4 * ReceiveBuffers.PieceBytes)]
    public void Piece_of_a_long_body_leaves_in_whole_packets(int wantedBytes, int expectedBytes) => Assert.Equal(expectedBytes, RoomFor(wantedBytes));

    [Fact]
    public void What_arrives_behind_the_end_of_an_inbox_takes_no_memory_from_the_others()
    {
        const int Huge = 1024 * 1024;
        for (int i = 0; i <= ReceiveBuffers.MostHugeBytes / Huge; i++)
        {
            using ScriptedTransport transport = new();
            Inbox inbox = new(transport, Huge);
            inbox.Post();
            inbox.Dispose();
            transport.Arrive("late");
        }

        byte[] next = ReceiveBuffers.Rent(ReceiveBuffers.LargeBytes, Huge);
        Assert.Equal(Huge, next.Length);
        ReceiveBuffers.Return(next);
    }

    [Fact]
    public async Task Buffer_is_never_out_twice_whatever_thread_returns_it()
    {
        HashSet<byte[]> isOut = [];
        Queue<byte[]> toReturn = new();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(seed => Task.Run(() =>
        {
            Random dice = new(seed);
            for (int i = 0; i < 20_000; i++)
            {
                byte[]? back = null;
                if (dice.Next(2) == 0)
                {
                    byte[] buffer = ReceiveBuffers.Rent(100);
                    lock (isOut)
                    {
                        Assert.True(isOut.Add(buffer), "it is out already");
                        toReturn.Enqueue(buffer);
                    }
                }
                else
                {
                    lock (isOut)
                    {
                        if (toReturn.TryDequeue(out back))
                        {
                            isOut.Remove(back);
                        }
                    }

                    ReceiveBuffers.Return(back ?? []);
                }
            }
        })));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData(100_000)]
    public void Buffer_is_as_large_as_was_asked(int bytes)
    {
        byte[] buffer = ReceiveBuffers.Rent(bytes);
        Assert.True(buffer.Length >= bytes);
        ReceiveBuffers.Return(buffer);
    }

    private static int RoomFor(int wantedBytes)
    {
        using ScriptedTransport transport = new();
        using Inbox inbox = new(transport, ReceiveBuffers.SmallBytes);
        _ = inbox.FillAsync(wantedBytes).AsTask();
        transport.Arrive("a");
        return transport.RoomBytes;
    }

    private static void OnOneThread(ThreadStart run)
    {
        Exception? fault = null;
        Thread thread = new(() =>
        {
            try
            {
                run();
            }
            catch (Exception error)
            {
                fault = error;
            }
        });
        thread.Start();
        thread.Join();
        Assert.Null(fault);
    }
}
