using System;
using System.IO;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Sockets;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Sockets;

public sealed class PolledStreamTests
{
    [PolledFact]
    public async Task Read_of_no_bytes_waits_and_the_next_reads_bring_what_came()
    {
        using SocketPair pair = await SocketPair.OpenAsync();
        using PolledTransport transport = new(pair.Near);
        await using PolledStream stream = new(transport);
        ValueTask<int> look = stream.ReadAsync(Memory<byte>.Empty);
        Assert.False(look.IsCompleted);
        await pair.Far.SendAsync("hello");
        Assert.Equal(0, await look.AsTask().WaitAsync(WireEnd.Patience));

        byte[] bytes = new byte[3];
        ValueTask<int> first = stream.ReadAsync(bytes);
        Assert.True(first.IsCompletedSuccessfully);
        Assert.Equal("hel", Encoding.ASCII.GetString(bytes, 0, await first));
        Assert.Equal("lo", Encoding.ASCII.GetString(bytes, 0, await stream.ReadAsync(bytes)));
        ValueTask<int> third = stream.ReadAsync(bytes);
        Assert.False(third.IsCompleted);
    }

    [PolledFact]
    public async Task End_is_told_by_the_read_after_the_one_of_no_bytes_and_by_every_later_one()
    {
        using SocketPair pair = await SocketPair.OpenAsync();
        using PolledTransport transport = new(pair.Near);
        await using PolledStream stream = new(transport);
        ValueTask<int> look = stream.ReadAsync(Memory<byte>.Empty);
        pair.Far.Dispose();
        Assert.Equal(0, await look.AsTask().WaitAsync(WireEnd.Patience));

        Assert.Equal(0, await stream.ReadAsync(new byte[10]));
        Assert.Equal(0, await stream.ReadAsync(new byte[10]));
    }

    [PolledFact]
    public async Task Token_ends_a_read_as_cancelled_and_the_connection_with_it()
    {
        using SocketPair pair = await SocketPair.OpenAsync();
        using PolledTransport transport = new(pair.Near);
        await using PolledStream stream = new(transport);
        using CancellationTokenSource stop = new();
        ValueTask<int> read = stream.ReadAsync(new byte[10], stop.Token);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await read);
        await Assert.ThrowsAsync<IOException>(async () => await stream.WriteAsync("x"u8.ToArray()));
    }

    [PolledFact]
    public async Task What_is_written_arrives()
    {
        using SocketPair pair = await SocketPair.OpenAsync();
        using PolledTransport transport = new(pair.Near);
        await using PolledStream stream = new(transport);
        await stream.WriteAsync("hello"u8.ToArray());

        await pair.Far.ExpectAsync("hello");
    }
}
