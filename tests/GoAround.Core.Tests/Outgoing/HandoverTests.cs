using System;
using System.IO;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Outgoing;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Outgoing;

public sealed class HandoverTests
{
    private readonly Handover _handover = new();

    [Fact]
    public async Task Write_ends_when_the_next_piece_is_asked_for()
    {
        byte[] piece = "abc"u8.ToArray();
        Task write = _handover.WriteAsync(piece).AsTask();
        Assert.False(write.IsCompleted);
        ReadOnlyMemory<byte> lent = await _handover.ReadAsync(default);
        Assert.True(lent.Span.Overlaps(piece)); // the memory itself
        Assert.False(write.IsCompleted);
        Task<ReadOnlyMemory<byte>> next = _handover.ReadAsync(default).AsTask();
        await write.WaitAsync(WireEnd.Patience);
        _handover.End(null);
        Assert.True((await next.WaitAsync(WireEnd.Patience)).IsEmpty);
        Assert.True((await _handover.ReadAsync(default)).IsEmpty);
    }

    [Fact]
    public async Task Reader_that_waits_gets_the_piece_as_it_is_written()
    {
        Task<ReadOnlyMemory<byte>> read = _handover.ReadAsync(default).AsTask();
        Assert.False(read.IsCompleted);
        Task write = _handover.WriteAsync("abc"u8.ToArray()).AsTask();
        Assert.Equal("abc"u8.ToArray(), (await read.WaitAsync(WireEnd.Patience)).ToArray());
        Assert.False(write.IsCompleted);
        _handover.Abandon();
        await Assert.ThrowsAsync<IOException>(() => write);
        await Assert.ThrowsAsync<IOException>(() => _handover.WriteAsync("x"u8.ToArray()).AsTask());
    }

    [Fact]
    public async Task Read_that_is_given_up_loses_nothing()
    {
        using CancellationTokenSource stop = new();
        Task<ReadOnlyMemory<byte>> read = _handover.ReadAsync(stop.Token).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
        Task write = _handover.WriteAsync("abc"u8.ToArray()).AsTask();
        Assert.Equal("abc"u8.ToArray(), (await _handover.ReadAsync(default)).ToArray());
        Assert.False(write.IsCompleted);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Fault_of_the_writer_is_told_to_the_reader(bool isAwaited)
    {
        Task<ReadOnlyMemory<byte>>? waiting = isAwaited ? _handover.ReadAsync(default).AsTask() : null;
        _handover.End(new InvalidDataException());
        await Assert.ThrowsAsync<InvalidDataException>(() => waiting ?? _handover.ReadAsync(default).AsTask());
    }

    [Fact]
    public async Task Empty_piece_is_no_end_and_a_second_write_at_once_is_refused()
    {
        await _handover.WriteAsync(default);
        _ = _handover.WriteAsync("abc"u8.ToArray()).AsTask();
        Assert.Throws<InvalidOperationException>(() => { _ = _handover.WriteAsync("def"u8.ToArray()).AsTask(); });
        Assert.Equal(3, (await _handover.ReadAsync(default)).Length);
    }

    [Fact]
    public async Task Two_threads_hand_over_every_byte_in_order()
    {
        const int Pieces = 20_000;
        Task writer = Task.Run(async () =>
        {
            for (int i = 0; i < Pieces; i++)
            {
                await _handover.WriteAsync(BitConverter.GetBytes(i));
            }

            _handover.End(null);
        });
        int expected = 0;
        while (await _handover.ReadAsync(default).AsTask().WaitAsync(WireEnd.Patience) is { IsEmpty: false } piece)
        {
            Assert.Equal(expected++, BitConverter.ToInt32(piece.Span));
        }

        Assert.Equal(Pieces, expected);
        await writer.WaitAsync(WireEnd.Patience);
    }

    [Fact]
    public Task Writer_does_not_go_on_within_the_read_that_frees_it() => Task.Run(async () =>
    {
        Task writer = WriteAsync();
        Assert.Equal(1, (await _handover.ReadAsync(default)).Length);
        Task<ReadOnlyMemory<byte>> next = _handover.ReadAsync(default).AsTask(); // on one stack with the second write it would wait for itself
        Assert.Equal(2, (await next).Length);
        _handover.End(null);
        Assert.True((await _handover.ReadAsync(default)).IsEmpty);
        await writer;

        async Task WriteAsync()
        {
            using HandoverStream stream = new(_handover);
            await stream.WriteAsync(new byte[1]).ConfigureAwait(false);
            stream.Write(new byte[2]);
        }
    }).WaitAsync(WireEnd.Patience);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Write_that_was_all_ends_well_and_one_more_is_one_too_many(bool isUnread)
    {
        Task write = _handover.WriteAsync("abc"u8.ToArray()).AsTask();
        if (!isUnread)
        {
            Assert.Equal(3, (await _handover.ReadAsync(default)).Length);
        }

        _handover.Finish();
        if (isUnread)
        {
            await Assert.ThrowsAsync<HttpRequestException>(() => write.WaitAsync(WireEnd.Patience));
        }
        else
        {
            await write.WaitAsync(WireEnd.Patience);
        }

        _handover.Abandon();
        await _handover.WriteAsync(default);
        await Assert.ThrowsAsync<HttpRequestException>(() => _handover.WriteAsync("x"u8.ToArray()).AsTask());
    }
}
