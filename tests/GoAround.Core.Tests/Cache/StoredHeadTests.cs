using System;
using System.Linq;
using GoAround.Core.Cache;
using GoAround.Core.Http;
using Xunit;

namespace GoAround.Core.Tests.Cache;

/// <summary>RFC 9111 §3.1 and the form of what is stored.</summary>
public class StoredHeadTests
{
    private const string Lines = "Date: Tue, 31 Dec 2024 23:59:30 GMT\nContent-Type: text/html\nETag: \"abc\"\nCache-Control: max-age=60, stale-while-revalidate=5, stale-if-error=7\n"
        + "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\nX-Empty:\nX-Two: 1\nX-Two: 2";

    [Fact]
    public void What_was_written_is_read_again()
    {
        StoredHead head = Said.Stored(Lines, 404);

        Assert.False(head.IsMarker);
        Assert.Equal(404, head.StatusCode);
        Assert.Equal(StoredFlags.StatesStaleIfError, head.Flags);
        Assert.Equal(Said.NowMs, head.ResponseMs);
        Assert.Equal(30, head.InitialAgeSeconds);
        Assert.Equal(60, head.LifetimeSeconds);
        Assert.Equal(5, head.StaleWhileRevalidateSeconds);
        Assert.Equal(7, head.StaleIfErrorSeconds);
        Assert.Equal("\"abc\"", Said.Text(head.ETag));
        Assert.Equal("Sun, 06 Nov 1994 08:49:37 GMT", Said.Text(head.LastModified));
        Assert.Equal(784111777, head.LastModifiedSeconds);
        Assert.Equal((Said.NowMs / 1000) - 30, head.DateSeconds);
        Assert.Equal("text/html", Said.Text(head.ContentType));
        Assert.True(head.HasValidator);
    }

    [Fact]
    public void The_fields_come_back_in_order_and_in_one_run()
    {
        ProxyResponse response = Said.Copy(Said.Stored(Lines, 404));

        Assert.Equal(404, response.StatusCode);
        Assert.Equal(Said.Response(Lines).Fields.ToString(), response.Fields.ToString());
        Assert.Equal(KnownField.Date, response.Fields.KnownAt(0));
        byte[] wire = new byte[1024];
        int written = response.Fields.WriteTo(wire);
        Assert.Equal(Said.Response(Lines).Fields.ToString(), Said.Text(wire.AsSpan(0, written)));
    }

    [Fact]
    public void The_reason_stays_what_it_was()
    {
        StoreDecision decision = Said.Decide("Cache-Control: max-age=60");
        ProxyResponse response = Said.Response("Cache-Control: max-age=60");
        response.Reason = "Fine"u8.ToArray();
        KeyBuffer bytes = default;
        StoredHeadWriter.Write(ref bytes, in decision, response, new CacheOptions());
        Assert.True(StoredHead.TryRead(bytes.Memory, out StoredHead head));
        Assert.Equal("Fine", Said.Text(Said.Copy(in head).Reason.Span));
    }

    [Theory]
    [InlineData("Age: 5\nFoo: 1", "Foo: 1")]
    [InlineData("Proxy-Authenticate: x\nproxy-authentication-info: x\nProxy-Authorization: x\nFoo: 1", "Foo: 1")]
    [InlineData("Trailer: x\nFoo: 1", "Foo: 1")]
    [InlineData("Set-Cookie: a=b\nWWW-Authenticate: Basic", "Set-Cookie: a=b\nWWW-Authenticate: Basic")]
    [InlineData("Cache-Control: private=\"set-cookie, x-a\"\nSet-Cookie: a=b\nX-A: 1\nX-B: 1", "Cache-Control: private=\"set-cookie, x-a\"\nX-B: 1")]
    [InlineData("Cache-Control: no-cache=X-A\nX-A: 1\nx-a: 2\nX-B: 1", "Cache-Control: no-cache=X-A\nX-B: 1")]
    [InlineData("Foo: \"private=X-A\"\nX-A: 1", "Foo: \"private=X-A\"\nX-A: 1")]
    public void Section_3_1_some_fields_are_not_stored(string lines, string expected)
    {
        const string Always = "Cache-Control: max-age=60\nDate: " + Said.Now + "\n";
        Assert.Equal(Said.Fields(Always + expected).ToString(), Said.Copy(Said.Stored(Always + lines)).Fields.ToString());
    }

    [Fact]
    public void Fields_that_the_targeted_field_names_are_not_stored()
    {
        const string Control = "CDN-Cache-Control: max-age=60, private=\"X-A\"\nDate: " + Said.Now + "\n";
        Assert.Equal(Said.Fields(Control).ToString(), Said.Copy(Said.Stored(Control + "X-A: 1")).Fields.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("Date: yesterday\n")]
    [InlineData("Date: \n")]
    public void A_response_without_a_Date_gets_that_of_its_arrival(string lines)
    {
        StoredHead head = Said.Stored(lines + "Cache-Control: max-age=60");
        Assert.Equal($"Cache-Control: max-age=60\r\nDate: {Said.Now}\r\n", Said.Copy(in head).Fields.ToString());
        Assert.Equal(Said.NowMs / 1000, head.DateSeconds);
        Assert.Equal(0, head.InitialAgeSeconds);
    }

    [Fact]
    public void A_response_without_validators_has_none()
    {
        StoredHead head = Said.Stored("Cache-Control: max-age=60\nLast-Modified: yesterday\nETag:");
        Assert.True(head.ETag.IsEmpty);
        Assert.False(head.HasValidator);
    }

    [Fact]
    public void A_marker_says_the_names()
    {
        KeyBuffer bytes = default;
        StoredHeadWriter.WriteMarker(ref bytes, "accept,cookie"u8, responseMs: 5, dateSeconds: 3);
        Assert.True(StoredHead.TryRead(bytes.Memory, out StoredHead head));
        Assert.True(head.IsMarker);
        Assert.Equal("accept,cookie", Said.Text(head.VaryNames));
        Assert.Equal((5, 3), (head.ResponseMs, head.DateSeconds));
    }

    [Fact]
    public void A_head_is_written_behind_what_is_there()
    {
        StoreDecision decision = Said.Decide(Lines);
        KeyBuffer bytes = default;
        bytes.Append("before"u8);
        StoredHeadWriter.Write(ref bytes, in decision, Said.Response(Lines), new CacheOptions());
        Assert.True(StoredHead.TryRead(bytes.Memory[6..], out StoredHead head));
        Assert.Equal("\"abc\"", Said.Text(head.ETag));
    }

    [Fact]
    public void Bytes_that_were_cut_or_changed_are_not_read()
    {
        StoreDecision decision = Said.Decide(Lines);
        KeyBuffer buffer = default;
        StoredHeadWriter.Write(ref buffer, in decision, Said.Response(Lines), new CacheOptions());
        byte[] bytes = buffer.Span.ToArray();
        for (int i = 0; i < bytes.Length; i++)
        {
            Assert.False(StoredHead.TryRead(bytes.AsMemory(0, i), out _));
            byte[] changed = [.. bytes];
            changed[i] ^= 0x40;
            Assert.False(StoredHead.TryRead(changed, out _));
        }

        Assert.False(StoredHead.TryRead(bytes.Append((byte)0).ToArray(), out _));
        Assert.True(StoredHead.TryRead(bytes, out _));
    }

    [Fact]
    public void Bytes_with_a_right_checksum_and_wrong_numbers_are_not_read_either()
    {
        StoreDecision decision = Said.Decide(Lines);
        KeyBuffer buffer = default;
        StoredHeadWriter.Write(ref buffer, in decision, Said.Response(Lines), new CacheOptions());
        Random random = new(1);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = buffer.Span.ToArray();
            int position = random.Next(StoredLayout.KindAt, StoredLayout.FixedBytes + 80);
            bytes[position] = (byte)random.Next(256);
            BitConverter.TryWriteBytes(bytes.AsSpan(StoredLayout.ChecksumAt), StoredLayout.Checksum(bytes.AsSpan(StoredLayout.KindAt)));
            if (StoredHead.TryRead(bytes, out StoredHead head) && !head.IsMarker)
            {
                _ = Said.Copy(in head).Fields.ToString(); // whatever it says, it stays within its bytes
                _ = head.ETag.Length + head.LastModified.Length + head.ContentType.Length;
            }
        }
    }
}
