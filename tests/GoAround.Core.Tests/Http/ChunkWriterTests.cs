using System;
using GoAround.Core.Http;
using Xunit;

namespace GoAround.Core.Tests.Http;

public class ChunkWriterTests
{
    [Theory]
    [InlineData(1, "1\r\n")]
    [InlineData(255, "ff\r\n")]
    [InlineData(65536, "10000\r\n")]
    [InlineData(int.MaxValue, "7fffffff\r\n")]
    public void A_header_is_the_size_in_hex(int size, string expected)
    {
        Span<byte> room = stackalloc byte[ChunkWriter.MaxHeaderBytes];
        Assert.Equal(expected, Feed.Text(room[..ChunkWriter.Header(room, size)]));
    }

    [Fact]
    public void The_end_carries_the_trailers_and_tells_of_too_little_room()
    {
        FieldList trailers = new();
        trailers.Add("X", "y");
        byte[] room = new byte[11];
        Assert.True(ChunkWriter.TryLast(room, trailers, out int written));
        Assert.Equal("0\r\nX: y\r\n\r\n", Feed.Text(room.AsSpan(0, written)));
        Assert.False(ChunkWriter.TryLast(room.AsSpan(0, 10), trailers, out written));
        Assert.Equal(0, written);
        Assert.True(ChunkWriter.TryLast(room, null, out written));
        Assert.Equal("0\r\n\r\n", Feed.Text(room.AsSpan(0, written)));
    }
}
