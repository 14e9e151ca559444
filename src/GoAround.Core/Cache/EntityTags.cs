using System;
using GoAround.Core.Http;

namespace GoAround.Core.Cache;

/// <summary>Compares entity tags (RFC 9110 §8.8.3). One without its quotes is no entity tag, and is the same only as one that lacks them too.</summary>
internal static class EntityTags
{
    /// <summary>Whether one of a list is the same as a tag by the weak comparison (§8.8.3.2): W/ does not count.</summary>
    // If-None-Match = "*" / #entity-tag   §13.1.2
    public static bool AnyMatchesWeakly(ReadOnlySpan<byte> list, ReadOnlySpan<byte> tag)
    {
        tag = Opaque(tag);
        while (TryNext(ref list, out ReadOnlySpan<byte> next))
        {
            if (Opaque(next).SequenceEqual(tag))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The weak comparison (§8.8.3.2).</summary>
    public static bool MatchWeakly(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other) => Opaque(one).SequenceEqual(Opaque(other));

    /// <summary>The strong comparison: both are the same, and strong (§8.8.3.2).</summary>
    public static bool MatchStrongly(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other) => !IsWeak(one) && one.SequenceEqual(other);

    /// <summary>It is weak.</summary>
    // weak = %s"W/"
    public static bool IsWeak(ReadOnlySpan<byte> tag) => tag.StartsWith("W/"u8);

    private static ReadOnlySpan<byte> Opaque(ReadOnlySpan<byte> tag) => IsWeak(tag) ? tag[2..] : tag;

    // entity-tag = [ weak ] opaque-tag; opaque-tag = DQUOTE *etagc DQUOTE: a comma may stand in it, and a backslash means nothing   §8.8.3
    private static bool TryNext(ref ReadOnlySpan<byte> list, out ReadOnlySpan<byte> tag)
    {
        list = list.TrimStart(" \t,"u8);
        int start = IsWeak(list) ? 2 : 0;
        int end;
        if (list.Length > start && list[start] == (byte)'"')
        {
            int close = list[(start + 1)..].IndexOf((byte)'"');
            end = close < 0 ? list.Length : start + close + 2;
        }
        else
        {
            end = list.IndexOf((byte)',');
            end = end < 0 ? list.Length : end;
        }

        tag = FieldSyntax.Trim(list[..end]);
        list = list[end..];
        return !tag.IsEmpty;
    }
}
