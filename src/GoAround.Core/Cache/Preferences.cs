using System;
using System.Text;
using GoAround.Core.Http;

namespace GoAround.Core.Cache;

/// <summary>Brings Accept, Accept-Encoding, Accept-Language and Accept-Charset into one form: lower case, weights in their shortest form, members sorted.</summary>
/// <remarks>By name where the order means nothing; in Accept and Accept-Language by weight, and those of equal weight as they came, since backends choose the first of them.</remarks>
// #( name [ OWS ";" OWS "q=" qvalue ] ): names are case-insensitive, and no weight is a weight of 1   RFC 9110 §12.4.2, §12.5
internal static class Preferences
{
    // A longer list stays as it is: it only has more forms than it needs.
    private const int MaxMembers = 32;
    private const int MaxBytes = 1024;

    /// <summary>Rewrites the last bytes of a key, if the field is one of these.</summary>
    /// <param name="key">Ends with the value.</param>
    /// <param name="start">Where the value begins.</param>
    /// <param name="name">Of the field, in lower case.</param>
    public static void Normalise(ref KeyBuffer key, int start, ReadOnlySpan<byte> name)
    {
        int length = key.Length - start;
        if (!Applies(name) || length > MaxBytes || key.Span[start..].Contains((byte)'"'))
        {
            return;
        }

        Span<byte> text = stackalloc byte[MaxBytes];
        Span<Range> members = stackalloc Range[MaxMembers];
        Span<int> weights = stackalloc int[MaxMembers];
        bool isOrdered = name.Length is 6 or 15 && !name.SequenceEqual("accept-encoding"u8);
        int written = 0;
        int count = 0;
        ListReader reader = new(key.Span[start..]);
        while (reader.TryNext(out ReadOnlySpan<byte> member))
        {
            if (count == MaxMembers)
            {
                return;
            }

            int end = written;
            if (!TryWriteMember(member, text, ref end, out int weight))
            {
                return;
            }

            count++;
            Insert(members[..count], weights, text, written..end, weight, isOrdered);
            written = end;
        }

        key.Truncate(start);
        for (int i = 0; i < count; i++)
        {
            if (i > 0)
            {
                key.Append((byte)',');
            }

            key.Append(text[members[i]]);
        }
    }

    private static bool Applies(ReadOnlySpan<byte> name) => name.Length switch
    {
        6 => name.SequenceEqual("accept"u8),
        14 => name.SequenceEqual("accept-charset"u8),
        15 => name.SequenceEqual("accept-encoding"u8) || name.SequenceEqual("accept-language"u8),
        _ => false,
    };

    // Sorts as it comes: a list has a handful of members.
    private static void Insert(Span<Range> members, Span<int> weights, ReadOnlySpan<byte> text, Range member, int weight, bool isOrdered)
    {
        int at = members.Length - 1;
        while (at > 0 && (isOrdered ? weights[at - 1] < weight : text[members[at - 1]].SequenceCompareTo(text[member]) > 0))
        {
            members[at] = members[at - 1];
            weights[at] = weights[at - 1];
            at--;
        }

        members[at] = member;
        weights[at] = weight;
    }

    // A name with its parameters, in lower case and without white space; the weight only if it is not 1. False: this is something else, which stays as it is.
    private static bool TryWriteMember(ReadOnlySpan<byte> member, Span<byte> text, ref int end, out int weight)
    {
        weight = 1000;
        while (true)
        {
            int semicolon = member.IndexOf((byte)';');
            ReadOnlySpan<byte> part = FieldSyntax.Trim(semicolon < 0 ? member : member[..semicolon]);
            if (part.Length > 1 && (part[0] | 0x20) == 'q' && part[1] == (byte)'=')
            {
                if (!TryWriteWeight(part[2..], text, ref end, out weight))
                {
                    return false;
                }
            }
            else
            {
                Ascii.ToLower(part, text[end..], out int length);
                if (length < part.Length)
                {
                    return false; // a byte that is not ASCII
                }

                end += length;
            }

            if (semicolon < 0)
            {
                return true;
            }

            // A weight of 1 is not written, nor is the semicolon in front of it.
            member = member[(semicolon + 1)..];
            ReadOnlySpan<byte> next = FieldSyntax.Trim(member);
            if (!IsWeightOfOne(next))
            {
                text[end++] = (byte)';';
            }
        }
    }

    private static bool IsWeightOfOne(ReadOnlySpan<byte> text)
    {
        int end = text.IndexOf((byte)';');
        text = FieldSyntax.Trim(end < 0 ? text : text[..end]);
        return text.Length > 2 && (text[0] | 0x20) == 'q' && text[1] == (byte)'=' && text[2] == (byte)'1' && (text.Length == 3 || (text[3] == (byte)'.' && !text[4..].ContainsAnyExcept((byte)'0')));
    }

    // qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] )   RFC 9110 §12.4.2
    private static bool TryWriteWeight(ReadOnlySpan<byte> weight, Span<byte> text, ref int end, out int thousandths)
    {
        thousandths = 1000;
        if (weight.IsEmpty || weight.Length > 5 || weight[0] is not ((byte)'0' or (byte)'1') || (weight.Length > 1 && weight[1] != (byte)'.'))
        {
            return false;
        }

        ReadOnlySpan<byte> fraction = weight.Length < 3 ? default : weight[2..].TrimEnd((byte)'0');
        if (fraction.ContainsAnyExceptInRange((byte)'0', (byte)'9') || (weight[0] == (byte)'1' && !fraction.IsEmpty))
        {
            return false;
        }

        if (weight[0] == (byte)'1')
        {
            return true;
        }

        thousandths = 0;
        for (int i = 0; i < 3; i++)
        {
            thousandths = (thousandths * 10) + (i < fraction.Length ? fraction[i] - '0' : 0);
        }

        ReadOnlySpan<byte> start = fraction.IsEmpty ? "q=0"u8 : "q=0."u8;
        start.CopyTo(text[end..]);
        fraction.CopyTo(text[(end + start.Length)..]);
        end += start.Length + fraction.Length;
        return true;
    }
}
