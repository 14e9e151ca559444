using System;
using System.Linq;
using GoAround.Core.Http;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Http;

public class ChunkedDecoderTests
{
    [Theory]
    [InlineData("0\r\n\r\n", "|End\n")]
    [InlineData("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\nGET", "hello world|End\n")]
    [InlineData("A\r\n0123456789\r\na\r\n0123456789\r\n000\r\n\r\n", "01234567890123456789|End\n")]
    [InlineData("0000000000000001\r\nx\r\n0000000000000000\r\n\r\n", "x|End\n")]
    [InlineData("1;a=b;c=\"d;\u00e9\"\r\nx\r\n1 \t; e\r\ny\r\n0;\r\n\r\n", "xy|End\n")]
    [InlineData("2\r\n\r\n\r\n0\r\n\r\n", "\r\n|End\n")]
    [InlineData("0\r\nX-Sum:  1 \r\ngrpc-status: 0\r\n\r\n", "|End\nX-Sum: 1\r\ngrpc-status: 0\r\n")]
    [InlineData(
        "0\r\nHost: a\r\nContent-Length: 5\r\ntransfer-encoding: chunked\r\nTrailer: a\r\nConnection: a\r\nAuthorization: b\r\nSet-Cookie: c\r\nContent-Type: d\r\n"
        + "Cache-Control: e\r\nX-Forwarded-For: f\r\nTE: g\r\nUpgrade: h\r\nProxy-Authorization: i\r\nX: y\r\nMax-Forwards: 1\r\nRetry-After: 2\r\n"
        + "Content_Length: 5\r\ntransfer_encoding: chunked\r\n\r\n",
        "|End\nX: y\r\n")]
    [InlineData("0\r\nETag: \"a\"\r\nContent-Digest: b\r\nServer-Timing: c\r\n\r\n", "|End\nETag: \"a\"\r\nContent-Digest: b\r\nServer-Timing: c\r\n")]
    [InlineData("", "|NeedMore")]
    [InlineData("5\r\nhel", "hel|NeedMore")]
    [InlineData("0\r\n", "|NeedMore")]
    [InlineData("0\r\nX: a\r\n\r", "|NeedMore")]
    [InlineData("\r\n", "|InvalidChunkSize")]
    [InlineData(";a\r\n", "|InvalidChunkSize")]
    [InlineData("0x5\r\n", "|InvalidChunkSize")]
    [InlineData("+5\r\n", "|InvalidChunkSize")]
    [InlineData("-1\r\n", "|InvalidChunkSize")]
    [InlineData(" 5\r\n", "|InvalidChunkSize")]
    [InlineData("5 \r\nhello\r\n", "|InvalidChunkSize")]
    [InlineData("5_0\r\n", "|InvalidChunkSize")]
    [InlineData("g\r\n", "|InvalidChunkSize")]
    [InlineData("00000000000000005\r\n", "|InvalidChunkSize")]
    [InlineData("8000000000000000\r\n", "|InvalidChunkSize")]
    [InlineData("ffffffffffffffff\r\n", "|InvalidChunkSize")]
    [InlineData("7fffffffffffffff\r\nx", "x|NeedMore")]
    [InlineData("5\nhello\r\n", "|BareLineFeed")]
    [InlineData("\n", "|BareLineFeed")]
    [InlineData("5\rhello", "|BareCarriageReturn")]
    [InlineData("5;a\nhello\r\n", "|BareLineFeed")]
    [InlineData("5;a\rb\r\nhello\r\n", "|BareCarriageReturn")]
    [InlineData("5;a\u0000\r\nhello\r\n", "|InvalidChunkExtension")]
    [InlineData("5\r\nhellox\r\n", "hello|MissingChunkEnd")]
    [InlineData("5\r\nhello\n", "hello|MissingChunkEnd")]
    [InlineData("5\r\nhello\rx", "hello|MissingChunkEnd")]
    [InlineData("5\r\nhello0\r\n\r\n", "hello|MissingChunkEnd")]
    [InlineData("0\r\nX: a\n\r\n", "|BareLineFeed")]
    [InlineData("0\r\n\n", "|BareLineFeed")]
    [InlineData("0\r\nX: a\r\r\n", "|BareCarriageReturn")]
    [InlineData("0\r\nX: a\r\n b\r\n\r\n", "|ObsFold")]
    [InlineData("0\r\nX : a\r\n\r\n", "|SpaceBeforeColon")]
    [InlineData("0\r\nX\r\n\r\n", "|InvalidFieldName")]
    [InlineData("0\r\nX: \u0007\r\n\r\n", "|InvalidFieldValue")]
    [InlineData("0\r\nGET / HTTP/1.1\r\n\r\n", "|InvalidFieldName")]
    public void A_body_is_decoded_the_same_however_it_is_split(string text, string expected)
    {
        byte[] wire = Feed.Bytes(text);
        Assert.Equal(expected, Feed.Chunked(wire, Feed.Whole(wire), out _));
        Assert.All(Feed.Splits(wire), ends => Assert.Equal(expected, Feed.Chunked(wire, ends, out _)));
    }

    [Fact]
    public void Nothing_behind_the_end_is_consumed()
    {
        byte[] wire = Feed.Bytes("1\r\nx\r\n0\r\nA: b\r\n\r\nGET / HTTP/1.1");
        Assert.All(Feed.Splits(wire), ends =>
        {
            Feed.Chunked(wire, ends, out int consumed);
            Assert.Equal("GET / HTTP/1.1", Feed.Text(wire.AsSpan(consumed)));
        });
    }

    [Fact]
    public void The_end_stays_the_end_and_a_rejection_stays()
    {
        FieldList trailers = new();
        ChunkedDecoder ended = default;
        Assert.Equal(ChunkStatus.End, ended.Read("0\r\n\r\n"u8, trailers, out int consumed, out _, out _));
        Assert.Equal(5, consumed);
        Assert.Equal(ChunkStatus.End, ended.Read("5\r\nhello"u8, trailers, out consumed, out _, out _));
        Assert.Equal(0, consumed);
        ChunkedDecoder rejected = default;
        Assert.Equal(ChunkStatus.Rejected, rejected.Read("z"u8, trailers, out _, out _, out _));
        Assert.Equal(ChunkStatus.Rejected, rejected.Read("0\r\n\r\n"u8, trailers, out _, out _, out _));
        Assert.Equal(Rejection.InvalidChunkSize, rejected.Rejection);
    }

    [Fact]
    public void An_extension_is_refused_at_the_first_byte_over_its_limit()
    {
        byte[] fits = Feed.Bytes("1;" + new string('e', 4096) + "\r\nx\r\n0\r\n\r\n");
        byte[] tooLong = Feed.Bytes("1;" + new string('e', 4097));
        byte[] spaces = Feed.Bytes("1" + new string(' ', 4097));
        foreach (bool whole in (bool[])[true, false])
        {
            Assert.Equal("x|End\n", Feed.Chunked(fits, whole ? Feed.Whole(fits) : Feed.ByteByByte(fits), out _));
            Assert.Equal("|ChunkExtensionTooLong", Feed.Chunked(tooLong, whole ? Feed.Whole(tooLong) : Feed.ByteByByte(tooLong), out _));
            Assert.Equal("|ChunkExtensionTooLong", Feed.Chunked(spaces, whole ? Feed.Whole(spaces) : Feed.ByteByByte(spaces), out _));
        }
    }

    [Fact]
    public void A_body_that_is_mostly_extensions_is_refused()
    {
        string chunk = "1;" + new string('e', 1000) + "\r\nx\r\n";
        byte[] wire = Feed.Bytes(string.Concat(Enumerable.Repeat(chunk, 20)));
        Assert.Equal(new string('x', 16) + "|ChunkExtensionTooLong", Feed.Chunked(wire, Feed.Whole(wire), out _));
    }

    [Fact]
    public void Trailers_over_their_limits_are_refused()
    {
        byte[] tooMany = Feed.Bytes("0\r\n" + string.Concat(Enumerable.Repeat("X: y\r\n", 65)) + "\r\n");
        byte[] tooLongLine = Feed.Bytes("0\r\n" + TrailerOf(4097));
        byte[] endlessLine = Feed.Bytes("0\r\nX: " + new string('y', 4093));
        byte[] fits = Feed.Bytes("0\r\n" + TrailerOf(4096) + TrailerOf(4094) + "\r\n");
        byte[] over = Feed.Bytes("0\r\n" + TrailerOf(4096) + TrailerOf(4095) + "\r\n");
        foreach (byte[] wire in (byte[][])[tooMany, tooLongLine, endlessLine, over])
        {
            Assert.Equal("|TrailersTooLarge", Feed.Chunked(wire, Feed.Whole(wire), out _));
            Assert.Equal("|TrailersTooLarge", Feed.Chunked(wire, Feed.ByteByByte(wire), out _));
        }

        Assert.StartsWith("|End", Feed.Chunked(fits, Feed.Whole(fits), out _), StringComparison.Ordinal);
        Assert.StartsWith("|End", Feed.Chunked(fits, Feed.ByteByByte(fits), out _), StringComparison.Ordinal);
    }

    [Fact]
    public void A_body_is_decoded_without_allocating()
    {
        byte[] wire = Feed.Bytes("5\r\nhello\r\n1000\r\n" + new string('x', 4096) + "\r\n0\r\n\r\n");
        FieldList trailers = new();
        Decode(wire, trailers);
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (int i = 0; i < 100; i++)
            {
                Decode(wire, trailers);
            }
        }));
    }

    private static string TrailerOf(int bytes) => "X: " + new string('y', bytes - 5) + "\r\n";

    private static void Decode(byte[] wire, FieldList trailers)
    {
        ChunkedDecoder decoder = default;
        ReadOnlySpan<byte> rest = wire;
        while (decoder.Read(rest, trailers, out int consumed, out _, out _) == ChunkStatus.Data)
        {
            rest = rest[consumed..];
        }
    }
}
