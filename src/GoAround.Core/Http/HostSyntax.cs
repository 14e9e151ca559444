using System;
using System.Buffers;
using System.Net;

namespace GoAround.Core.Http;

/// <summary>What may stand in Host and in the authority of a target.</summary>
internal static class HostSyntax
{
    // unreserved and sub-delims of RFC 3986 §2.2, §2.3
    private static readonly SearchValues<byte> NameBytes = SearchValues.Create(
        "-._~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ!$&'()*+,;="u8);

    private static readonly SearchValues<byte> LiteralBytes = SearchValues.Create("0123456789abcdefABCDEF:."u8);

    /// <summary>Whether these bytes are a host with an optional port; no user, not empty (RFC 9110 §4.2.1).</summary>
    // Host = uri-host [ ":" port ]   RFC 9110 §7.2
    public static bool IsValid(ReadOnlySpan<byte> authority)
    {
        int end;
        if (authority.StartsWith((byte)'['))
        {
            // IP-literal = "[" IPv6address "]"   RFC 3986 §3.2.2; no IPvFuture, since there is none
            int close = authority.IndexOf((byte)']');
            if (close < 3 || !IsIPv6Address(authority[1..close]))
            {
                return false;
            }

            end = close + 1;
        }
        else
        {
            end = NameLength(authority);
            if (end <= 0)
            {
                return false;
            }
        }

        return end == authority.Length || (authority[end] == (byte)':' && IsPort(authority[(end + 1)..]));
    }

    // The framework's reader also takes a zone, a prefix length and IPv4: the bytes rule those out.
    private static bool IsIPv6Address(ReadOnlySpan<byte> literal) =>
        !literal.ContainsAnyExcept(LiteralBytes) && literal.Contains((byte)':') && IPAddress.IsValidUtf8(literal);

    // port = *DIGIT   RFC 3986 §3.2.3; a TCP port is at most 65535
    private static bool IsPort(ReadOnlySpan<byte> port)
    {
        int number = 0;
        foreach (byte digit in port)
        {
            if (!char.IsAsciiDigit((char)digit) || (number = (number * 10) + digit - '0') > ushort.MaxValue)
            {
                return false;
            }
        }

        return true;
    }

    // reg-name = *( unreserved / pct-encoded / sub-delims )   RFC 3986 §3.2.2; pct-encoded = "%" HEXDIG HEXDIG   §2.1
    private static int NameLength(ReadOnlySpan<byte> authority)
    {
        int length = 0;
        while (true)
        {
            int other = authority[length..].IndexOfAnyExcept(NameBytes);
            if (other < 0)
            {
                return authority.Length;
            }

            length += other;
            if (authority[length] != (byte)'%')
            {
                return length;
            }

            if (authority.Length < length + 3 || !char.IsAsciiHexDigit((char)authority[length + 1]) || !char.IsAsciiHexDigit((char)authority[length + 2]))
            {
                return -1;
            }

            length += 3;
        }
    }
}
