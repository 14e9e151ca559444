using System;
using System.Buffers;
using System.Linq;
using System.Threading.Tasks;
using GoAround.Core.Cache;
using Xunit;

namespace GoAround.Core.Tests.Cache;

public sealed class BodyBufferTests
{
    private readonly CacheMemory _memory = new(4 << 20);

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(127, 1000)]
    [InlineData(128, 128)]
    [InlineData(5000, 5000)]
    [InlineData(5000, 0)]
    [InlineData(100_000, 0)]
    [InlineData(1_000_000, 1_000_000)]
    public void Body_is_read_as_it_was_written_and_gives_all_back(int length, int expected)
    {
        byte[] content = Content(length);
        BodyBuffer body = BodyBuffer.Take(_memory, expected);
        for (int at = 0; at < length;)
        {
            int count = Math.Min(1 + (at * 7 % 3000), length - at);
            Assert.True(body.TryAppend(content.AsSpan(at, count)));
            at += count;
        }

        Assert.Equal(content, ReadAll(body));
        body.Trim();
        Assert.Equal(content, ReadAll(body));
        Assert.Equal(content, body.ToSequence().ToArray());
        Assert.Equal(_memory.UsedBytes, body.TakenBytes);
        Assert.InRange(body.TakenBytes, length, length + CacheMemory.GranuleBytes + BodyBuffer.ObjectBytes + (BodyBuffer.SegmentBytes * 20));
        body.Dispose();
        Assert.Equal(0, _memory.UsedBytes);
    }

    [Fact]
    public void Body_of_known_length_that_comes_at_once_lies_in_one_piece()
    {
        using BodyBuffer body = BodyBuffer.Take(_memory, 14_000);

        Assert.True(body.TryAppend(Content(14_000)));
        body.Trim();

        Assert.True(body.ToSequence().IsSingleSegment);
    }

    [Fact]
    public void Body_that_is_announced_and_does_not_come_holds_little()
    {
        using BodyBuffer body = BodyBuffer.Take(_memory, 3 << 20);

        Assert.True(body.TryAppend(Content(1)));

        Assert.InRange(_memory.UsedBytes, 1, 17_000);
    }

    [Fact]
    public void Append_without_room_adds_nothing()
    {
        using BodyBuffer other = BodyBuffer.Take(_memory);
        Assert.True(other.TryAppend(Content(2 << 20)));
        using BodyBuffer body = BodyBuffer.Take(_memory);
        Assert.True(body.TryAppend("head"u8));

        Assert.False(body.TryAppend(Content(3 << 20)));

        Assert.Equal(4, body.Length);
        Assert.True(body.TryAppend("tail"u8));
        Assert.Equal("headtail"u8.ToArray(), ReadAll(body));
        body.Trim();
        Assert.InRange(body.TakenBytes, 8, 1000);
    }

    [Fact]
    public async Task Readers_stream_along_while_it_grows()
    {
        byte[] content = Content(1_500_000);
        using BodyBuffer body = BodyBuffer.Take(_memory);
        Task<byte[]>[] readers = [.. Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
        {
            ArrayBufferWriter<byte> seen = new();
            while (seen.WrittenCount < content.Length)
            {
                seen.Write(body.ReadAt(seen.WrittenCount).Span);
            }

            return seen.WrittenSpan.ToArray();
        }))];
        for (int at = 0; at < content.Length; at += 1500)
        {
            Assert.True(body.TryAppend(content.AsSpan(at, 1500)));
        }

        body.Trim();

        Assert.All(await Task.WhenAll(readers), seen => Assert.Equal(content, seen));
    }

    [Fact]
    public void Memory_goes_back_with_the_last_share()
    {
        BodyBuffer body = BodyBuffer.Take(_memory);
        Assert.True(body.TryAppend("x"u8));
        Assert.True(body.Share());
        body.Dispose();
        Assert.NotEqual(0, _memory.UsedBytes);

        body.Dispose();

        Assert.Equal(0, _memory.UsedBytes);
        Assert.False(body.Share());
    }

    private static byte[] Content(int length)
    {
        byte[] content = new byte[length];
        new Random(length).NextBytes(content);
        return content;
    }

    private static byte[] ReadAll(BodyBuffer body)
    {
        ArrayBufferWriter<byte> seen = new();
        while (body.ReadAt(seen.WrittenCount) is { IsEmpty: false } piece)
        {
            seen.Write(piece.Span);
        }

        return seen.WrittenSpan.ToArray();
    }
}
