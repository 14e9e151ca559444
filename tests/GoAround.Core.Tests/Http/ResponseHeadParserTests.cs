using GoAround.Core.Http;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Http;

public class ResponseHeadParserTests
{
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: y\r\n\r\nhello", false, "200 OK Http11 Length 5 5 keep=True up= length=44\nX: y\r\n")]
    [InlineData("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", false, "200  Http11 Length 0 0 keep=True up= length=35\n")]
    [InlineData("HTTP/1.1 200 \r\n\r\n", false, "200  Http11 UntilClose 0  keep=False up= length=17\n")]
    [InlineData("HTTP/1.1 200 Not \u00e9\tbad\r\nTransfer-Encoding: Chunked\r\n\r\n", false, "200 Not \u00e9\tbad Http11 Chunked 0  keep=True up= length=54\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 05\r\n\r\n", false, "200 OK Http11 Length 5 5 keep=True up= length=58\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true, "200 OK Http11 None 0 5 keep=True up= length=38\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", true, "200 OK Http11 None 0  keep=True up= length=47\n")]
    [InlineData("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: \"x\"\r\n\r\n", false, "304 Not Modified Http11 None 0 5 keep=True up= length=59\nETag: \"x\"\r\n")]
    [InlineData("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", false, "204 No Content Http11 None 0  keep=False up= length=46\n")]
    [InlineData("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", false, "204 No Content Http11 None 0  keep=False up= length=55\n")]
    [InlineData("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", false, "204 No Content Http11 None 0  keep=True up= length=46\n")]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\n", false, "100 Continue Http11 None 0  keep=True up= length=25\n")]
    [InlineData("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", false, "103 Early Hints Http11 None 0  keep=True up= length=40\nLink: </a>\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec: a\r\n\r\n", false, "101 Switching Protocols Http11 None 0  keep=False up=websocket length=85\nSec: a\r\n")]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", false, "200 OK Http10 Length 5 5 keep=False up= length=38\n")]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n", false, "200 OK Http10 Length 5 5 keep=True up= length=62\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close, X-Drop\r\nX-Drop: 1\r\nKeep-Alive: 5\r\n\r\n", false, "200 OK Http11 Length 5 5 keep=False up= length=91\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length : 5\r\nServer\t : x\r\nDate: y\r\n\r\n", false, "200 OK Http11 Length 5 5 keep=True up= length=61\nServer: x\r\nDate: y\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nHost: a\r\nExpect: b\r\nProxy-Authenticate: c\r\nContent-Length: 1\r\n\r\n", false, "200 OK Http11 Length 1 1 keep=True up= length=81\nHost: a\r\nExpect: b\r\nProxy-Authenticate: c\r\n")]
    [InlineData("HTTP/1.1 200 OK\nX: a\r\n\r\n", false, "Rejected BareLineFeed")]
    [InlineData("HTTP/1.1 200 OK\r\nX: a\n\r\n", false, "Rejected BareLineFeed")]
    [InlineData("HTTP/1.1 200 OK\rX\r\n\r\n", false, "Rejected BareCarriageReturn")]
    [InlineData("\r\nHTTP/1.1 200 OK\r\n\r\n", false, "Rejected InvalidStatusLine")]
    [InlineData("HTTP/1.1 20 OK\r\n\r\n", false, "Rejected InvalidStatusLine")]
    [InlineData("HTTP/1.1 2000 OK\r\n\r\n", false, "Rejected InvalidStatusLine")]
    [InlineData("HTTP/1.1 099 OK\r\n\r\n", false, "Rejected InvalidStatusLine")]
    [InlineData("HTTP/1.1 600 OK\r\n\r\n", false, "Rejected InvalidStatusLine")]
    [InlineData("HTTP/1.1 2x0 OK\r\n\r\n", false, "Rejected InvalidStatusLine")]
    [InlineData("HTTP/1.1  200 OK\r\n\r\n", false, "Rejected InvalidStatusLine")]
    [InlineData("HTTP/1.1 200 O\u0000K\r\n\r\n", false, "Rejected InvalidStatusLine")]
    [InlineData("ICY/1.00 200 OK\r\n\r\n", false, "Rejected InvalidVersion")]
    [InlineData("HTTP/2.0 200 OK\r\n\r\n", false, "Rejected UnsupportedVersion")]
    [InlineData("HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n", false, "Rejected ObsFold")]
    [InlineData("HTTP/1.1 200 OK\r\nX\r\n\r\n", false, "Rejected InvalidFieldName")]
    [InlineData("HTTP/1.1 200 OK\r\nX: \u0001\r\n\r\n", false, "Rejected InvalidFieldValue")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", false, "Rejected ConflictingContentLength")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5, 05\r\n\r\n", false, "200 OK Http11 Length 5 5 keep=True up= length=42\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\n", false, "Rejected ConflictingContentLength")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5,\r\n\r\n", false, "Rejected InvalidContentLength")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5 5\r\n\r\n", false, "Rejected InvalidContentLength")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", false, "Rejected LengthAndTransferEncoding")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", false, "Rejected UnknownTransferCoding")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", false, "Rejected ChunkedNotLast")]
    [InlineData("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", false, "Rejected TransferEncodingInHttp10")]
    public void A_head_says_the_same_however_it_is_split(string text, bool isHeadRequest, string expected)
    {
        byte[] wire = Feed.Bytes(text);
        Assert.Equal(expected, Feed.Describe(wire, Feed.Whole(wire), isHeadRequest));
        Assert.All(Feed.Splits(wire), ends => Assert.Equal(expected, Feed.Describe(wire, ends, isHeadRequest)));
    }

    [Theory]
    [InlineData(15, 100, 10, nameof(Rejection.None))]
    [InlineData(14, 100, 10, nameof(Rejection.StatusLineTooLong))]
    [InlineData(15, 22, 10, nameof(Rejection.HeadTooLarge))]
    [InlineData(15, 100, 0, nameof(Rejection.TooManyFields))]
    public void A_head_over_a_limit_is_refused(int line, int head, int fields, string expected)
    {
        byte[] wire = Feed.Bytes("HTTP/1.1 200 OK\r\nX: a\r\n\r\n");
        Feed.Response(wire, Feed.ByteByByte(wire), new ResponseHead(), false, out Rejection rejection, new HeadLimits(line, head, fields));
        Assert.Equal(expected, rejection.ToString());
    }

    [Fact]
    public void A_typical_head_is_parsed_without_allocating()
    {
        byte[] wire = Feed.Bytes(
            "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Sun, 22 Nov 2026 20:00:00 GMT\r\nContent-Type: text/html\r\nContent-Length: 615\r\n"
            + "Last-Modified: Sun, 22 Nov 2026 20:00:00 GMT\r\nConnection: keep-alive\r\nETag: \"1-267\"\r\nAccept-Ranges: bytes\r\n\r\n");
        ResponseHead head = new();
        Parse(wire, head);
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (int i = 0; i < 100; i++)
            {
                Parse(wire, head);
            }
        }));
    }

    private static void Parse(byte[] wire, ResponseHead head)
    {
        ResponseHeadParser parser = default;
        head.Reset();
        HeadLimits limits = Feed.Limits;
        parser.Parse(wire, head, false, in limits);
        head.Bind(wire);
    }
}
