using System;
using GoAround.Core.Http;
using Xunit;

namespace GoAround.Core.Tests.Http;

public class HeadWriterTests
{
    private delegate void Step(ref HeadWriter writer);

    [Fact]
    public void A_request_head_is_written_in_order()
    {
        Assert.Equal(
            "PUT /api/x?y HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775807\r\nX: -\r\n\r\n",
            Write((ref HeadWriter writer) =>
            {
                writer.RequestLine("PUT"u8, "/api"u8, "/x?y"u8);
                writer.Field("Host"u8, "a"u8);
                writer.Field("Content-Length"u8, long.MaxValue);
                writer.Raw("X: -\r\n"u8);
                writer.End();
            }));
    }

    [Fact]
    public void An_asterisk_takes_no_prefix() =>
        Assert.Equal("OPTIONS * HTTP/1.1\r\n", Write((ref HeadWriter writer) => writer.RequestLine("OPTIONS"u8, "/api"u8, "*"u8)));

    [Theory]
    [InlineData(200, "", "HTTP/1.1 200 OK\r\n")]
    [InlineData(200, "Fine", "HTTP/1.1 200 Fine\r\n")]
    [InlineData(503, "", "HTTP/1.1 503 Service Unavailable\r\n")]
    [InlineData(299, "", "HTTP/1.1 299 \r\n")]
    [InlineData(299, "Odd", "HTTP/1.1 299 Odd\r\n")]
    [InlineData(404, "a\r\nX: b", "HTTP/1.1 404 Not Found\r\n")]
    [InlineData(0, "", "HTTP/1.1 500 Internal Server Error\r\n")]
    [InlineData(1000, "x", "HTTP/1.1 500 x\r\n")]
    public void A_status_line_has_the_given_or_the_standard_phrase(int code, string reason, string expected) =>
        Assert.Equal(expected, Write((ref HeadWriter writer) => writer.StatusLine(code, Feed.Bytes(reason))));

    [Fact]
    public void Received_lines_leave_as_they_came_and_added_ones_stand_between_them()
    {
        byte[] wire = Feed.Bytes("GET / HTTP/1.1\r\nA:1\r\nB:  2  \r\nHost: a\r\nC: 3\r\nD: \r\nE:4\r\n\r\n");
        RequestHead head = new();
        Feed.Request(wire, Feed.Whole(wire), head, out _);
        head.Fields.Add("X"u8, "y"u8);
        Assert.Equal("A:1\r\nB:  2\r\nC: 3\r\nD: \r\nE:4\r\nX: y\r\n", Write((ref HeadWriter writer) => writer.Fields(head.Fields)));
        head.Fields.Remove("D"u8);
        Assert.Equal("A:1\r\nB:  2\r\nC: 3\r\nE:4\r\nX: y\r\n", Write((ref HeadWriter writer) => writer.Fields(head.Fields)));
    }

    [Fact]
    public void Too_little_room_is_told_and_nothing_is_written_behind_it()
    {
        byte[] wire = Feed.Bytes("GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\n\r\n");
        RequestHead head = new();
        Feed.Request(wire, Feed.Whole(wire), head, out _);
        head.Fields.Add("Own"u8, "3"u8);
        Step steps = (ref HeadWriter writer) =>
        {
            writer.RequestLine("GET"u8, default, "/"u8);
            writer.StatusLine(200, default);
            writer.StatusLine(200, "x"u8);
            writer.Fields(head.Fields);
            writer.Field("N"u8, -1);
            writer.End();
        };
        int needed = Write(steps).Length;
        for (int size = 0; size <= needed; size++)
        {
            byte[] room = new byte[needed];
            Array.Fill(room, (byte)'!');
            HeadWriter writer = new(room.AsSpan(0, size));
            steps(ref writer);
            Assert.Equal(size < needed, writer.Overflowed);
            Assert.True(writer.Written <= size);
            Assert.DoesNotContain(room[size..], value => value != (byte)'!');
        }
    }

    private static string Write(Step step)
    {
        byte[] room = new byte[1024];
        HeadWriter writer = new(room);
        step(ref writer);
        Assert.False(writer.Overflowed);
        return Feed.Text(room.AsSpan(0, writer.Written));
    }
}
