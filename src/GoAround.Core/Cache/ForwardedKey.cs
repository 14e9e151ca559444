using System;
using System.Text;
using GoAround.Core.Http;

namespace GoAround.Core.Cache;

/// <summary>What a trusted proxy in front says in Forwarded of what was asked for; who asked (<c>for</c>) and whom (<c>by</c>) is another one each time, and no part of a key.</summary>
// Forwarded = 1#forwarded-element; forwarded-element = [ forwarded-pair ] *( ";" [ forwarded-pair ] ); forwarded-pair = token "=" ( token / quoted-string )   RFC 7239 §4
internal static class ForwardedKey
{
    /// <summary>Whether a line says anything but what the key says already.</summary>
    /// <param name="value">The line.</param>
    /// <param name="authority">The host as it was received.</param>
    /// <param name="isHttps">The scheme of the key.</param>
    public static bool IsNeeded(ReadOnlySpan<byte> value, ReadOnlySpan<byte> authority, bool isHttps)
    {
        while (!value.IsEmpty)
        {
            ReadOnlySpan<byte> pair = TakePair(ref value, out _);
            if (!IsLeftOut(pair) && !IsKnown(pair, authority, isHttps))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Appends what a line says, in its order: a comma between the elements, a semicolon behind each pair.</summary>
    public static void Append(ref KeyBuffer key, ReadOnlySpan<byte> value)
    {
        while (!value.IsEmpty)
        {
            ReadOnlySpan<byte> pair = TakePair(ref value, out bool endsElement);
            if (!IsLeftOut(pair))
            {
                key.Append(pair);
                key.Append((byte)';');
            }

            if (endsElement)
            {
                key.Append((byte)',');
            }
        }
    }

    private static ReadOnlySpan<byte> TakePair(ref ReadOnlySpan<byte> rest, out bool endsElement)
    {
        bool isQuoted = false;
        for (int i = 0; i < rest.Length; i++)
        {
            byte value = rest[i];
            if (value == (byte)'\\' && isQuoted)
            {
                i++;
            }
            else if (value == (byte)'"')
            {
                isQuoted = !isQuoted;
            }
            else if (!isQuoted && value is ((byte)',' or (byte)';'))
            {
                ReadOnlySpan<byte> pair = FieldSyntax.Trim(rest[..i]);
                rest = rest[(i + 1)..];
                endsElement = value == (byte)',';
                return pair;
            }
        }

        ReadOnlySpan<byte> last = FieldSyntax.Trim(rest);
        rest = default;
        endsElement = false;
        return last;
    }

    // A backend may be less careful about quotes than this: what has the look of more pairs in it is none of these.
    private static bool IsLeftOut(ReadOnlySpan<byte> pair)
    {
        Split(pair, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value);
        return pair.IsEmpty || ((Ascii.EqualsIgnoreCase(name, "for"u8) || Ascii.EqualsIgnoreCase(name, "by"u8)) && value.IndexOfAny(",;=\\"u8) < 0);
    }

    private static bool IsKnown(ReadOnlySpan<byte> pair, ReadOnlySpan<byte> authority, bool isHttps)
    {
        Split(pair, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value);
        if (value.Length > 1 && value[0] == (byte)'"' && value[^1] == (byte)'"')
        {
            value = value[1..^1];
        }

        return Ascii.EqualsIgnoreCase(name, "host"u8) ? value.SequenceEqual(authority)
            : Ascii.EqualsIgnoreCase(name, "proto"u8) && value.SequenceEqual(isHttps ? "https"u8 : "http"u8); // a backend may be less lenient about the case
    }

    private static void Split(ReadOnlySpan<byte> pair, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        int equals = pair.IndexOf((byte)'=');
        name = equals < 0 ? default : pair[..equals];
        value = equals < 0 ? default : pair[(equals + 1)..];
    }
}
