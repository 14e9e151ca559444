using System;
using System.Collections.Generic;
using System.Linq;
using GoAround.Core.Cache;
using GoAround.Core.Http;
using Xunit;

namespace GoAround.Core.Tests.Cache;

/// <summary>RFC 9211, and the fields that name what to purge.</summary>
public class CacheStatusFieldTests
{
    public static TheoryData<int, string> Cases => new()
    {
        { 0, "goaround; hit; ttl=30" },
        { 1, "goaround; hit; ttl=-5" },
        { 2, "goaround; fwd=uri-miss; stored" },
        { 3, "goaround; fwd=vary-miss; stored; collapsed" },
        { 4, "goaround; fwd=stale; fwd-status=304; ttl=60" },
        { 5, "goaround; fwd=bypass; detail=authorization" },
        { 6, "goaround; fwd=method" },
        { 7, "goaround; fwd=request; fwd-status=200; stored" },
        { 8, "goaround; fwd=uri-miss; detail=no-freshness" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Section_2_it_says_what_was_done(int which, string expected)
    {
        CacheStatus status = which switch
        {
            0 => new() { Ttl = 30 },
            1 => new() { Ttl = -5 },
            2 => new() { Forward = ForwardReason.UriMiss, IsStored = true },
            3 => new() { Forward = ForwardReason.VaryMiss, IsStored = true, IsCollapsed = true },
            4 => new() { Forward = ForwardReason.Stale, ForwardStatus = 304, Ttl = 60 },
            5 => new() { Forward = ForwardReason.Bypass, Bypass = CacheBypass.Authorization },
            6 => new() { Forward = ForwardReason.Method },
            7 => new() { Forward = ForwardReason.Request, ForwardStatus = 200, IsStored = true },
            _ => new() { Forward = ForwardReason.UriMiss, Bypass = CacheBypass.NoFreshness },
        };
        FieldList fields = Said.Fields("Cache-Status: origin; hit");
        CacheStatusField.Append(fields, CacheStatusField.NameOf("goaround"), in status);
        Assert.Equal($"Cache-Status: origin; hit\r\nCache-Status: {expected}\r\n", fields.ToString());
    }

    [Theory]
    [InlineData("goaround", "goaround")]
    [InlineData("*a", "*a")]
    [InlineData("1a", "\"1a\"")]
    public void The_name_is_a_token_or_a_string(string name, string expected) => Assert.Equal(expected, Said.Text(CacheStatusField.NameOf(name)));

    [Fact]
    public void Every_reason_has_a_name_and_fits()
    {
        HashSet<string> all = [];
        foreach (CacheBypass bypass in Enum.GetValues<CacheBypass>())
        {
            FieldList fields = new();
            CacheStatus status = new() { Forward = ForwardReason.Bypass, ForwardStatus = 599, Ttl = long.MinValue, IsStored = true, IsCollapsed = true, Bypass = bypass };
            CacheStatusField.Append(fields, CacheStatusField.NameOf(new string('x', 64)), in status);
            Assert.True(all.Add(fields.ToString()));
        }
    }

    [Theory]
    [InlineData("Surrogate-Key: a  b\tc", "tag a,tag b,tag c")]
    [InlineData("Cache-Tag: a b, c,,d", "tag a b,tag c,tag d")]
    [InlineData("Cache-Tag: a\nSurrogate-Key: b\nCache-Tag: c", "tag a,tag b,tag c")]
    [InlineData("Surrogate-Key:\nFoo: bar", "")]
    public void Tags_are_read_from_both_fields(string lines, string expected)
    {
        List<ReadOnlyMemory<byte>> tags = [];
        Assert.True(CacheTags.Read(Said.Fields(lines), tags));
        Assert.Equal(expected, string.Join(',', tags.Select(tag => Said.Text(tag.Span))));
    }

    [Fact]
    public void Too_many_tags_and_too_long_ones_are_refused()
    {
        string many = string.Join(' ', Enumerable.Range(0, 256));
        Assert.True(CacheTags.Read(Said.Fields("Surrogate-Key: " + many), []));
        Assert.False(CacheTags.Read(Said.Fields($"Surrogate-Key: {many} x"), []));
        Assert.False(CacheTags.Read(Said.Fields("Cache-Tag: " + new string('x', 1025)), []));
    }

    [Fact]
    public void Age_is_written_as_a_number_of_seconds()
    {
        FieldList fields = new();
        AgeField.Add(fields, 7);
        AgeField.Add(fields, -7);
        AgeField.Add(fields, long.MaxValue);
        Assert.Equal("Age: 7\r\nAge: 0\r\nAge: 2147483648\r\n", fields.ToString());
    }
}
