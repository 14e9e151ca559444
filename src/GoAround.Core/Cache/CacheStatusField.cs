using System;
using System.Buffers.Text;
using System.Text;
using GoAround.Core.Http;

namespace GoAround.Core.Cache;

/// <summary>Writes Cache-Status (RFC 9211).</summary>
internal static class CacheStatusField
{
    private const int RoomBytes = 192; // beside the name

    /// <summary>The name of this cache as it stands in the field: a token, or else a string.</summary>
    // sf-item = ( sf-token / sf-string ... ) parameters; sf-token = ( ALPHA / "*" ) *( tchar / ":" / "/" )   RFC 8941 §3.3
    public static byte[] NameOf(string proxyName) =>
        Encoding.ASCII.GetBytes(char.IsAsciiLetter(proxyName[0]) || proxyName[0] == '*' ? proxyName : $"\"{proxyName}\"");

    /// <summary>Adds the line behind those that other caches have added: the last one is the nearest to the client (§2).</summary>
    /// <param name="fields">Of the response.</param>
    /// <param name="name">From <see cref="NameOf"/>.</param>
    /// <param name="status">What to say.</param>
    // Cache-Status = sf-list; parameters hit, fwd, fwd-status, ttl, stored, collapsed, detail   §2
    public static void Append(FieldList fields, ReadOnlySpan<byte> name, in CacheStatus status)
    {
        Span<byte> text = stackalloc byte[name.Length + RoomBytes];
        name.CopyTo(text);
        int length = name.Length;
        if (status.Forward == ForwardReason.None)
        {
            Add(text, ref length, "; hit"u8);
        }
        else
        {
            Add(text, ref length, "; fwd="u8);
            Add(text, ref length, TextOf(status.Forward));
            if (status.ForwardStatus != 0)
            {
                Add(text, ref length, "; fwd-status="u8, status.ForwardStatus);
            }
        }

        if (status.Ttl is { } ttl)
        {
            Add(text, ref length, "; ttl="u8, ttl);
        }

        if (status.IsStored)
        {
            Add(text, ref length, "; stored"u8);
        }

        if (status.IsCollapsed)
        {
            Add(text, ref length, "; collapsed"u8);
        }

        if (status.Bypass != CacheBypass.None)
        {
            Add(text, ref length, "; detail="u8);
            Add(text, ref length, TextOf(status.Bypass));
        }

        fields.AddOwn("Cache-Status"u8, text[..length], KnownField.Other);
    }

    // RFC 9211 §2.2
    private static ReadOnlySpan<byte> TextOf(ForwardReason reason) => reason switch
    {
        ForwardReason.Method => "method"u8,
        ForwardReason.UriMiss => "uri-miss"u8,
        ForwardReason.VaryMiss => "vary-miss"u8,
        ForwardReason.Request => "request"u8,
        ForwardReason.Stale => "stale"u8,
        ForwardReason.Partial => "partial"u8,
        _ => "bypass"u8,
    };

    private static ReadOnlySpan<byte> TextOf(CacheBypass bypass) => bypass switch
    {
        CacheBypass.Method => "method"u8,
        CacheBypass.Request => "request"u8,
        CacheBypass.RequestNoStore => "request-no-store"u8,
        CacheBypass.Authorization => "authorization"u8,
        CacheBypass.Forbidden => "forbidden"u8,
        CacheBypass.Status => "status"u8,
        CacheBypass.NoFreshness => "no-freshness"u8,
        CacheBypass.Vary => "vary"u8,
        CacheBypass.Size => "size"u8,
        CacheBypass.Tags => "tags"u8,
        _ => "none"u8,
    };

    private static void Add(Span<byte> text, ref int length, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(text[length..]);
        length += bytes.Length;
    }

    private static void Add(Span<byte> text, ref int length, ReadOnlySpan<byte> name, long number)
    {
        Add(text, ref length, name);
        Utf8Formatter.TryFormat(number, text[length..], out int written);
        length += written;
    }
}
