using System;
using System.Text;
using GoAround.Core.Http;

namespace GoAround.Core.Cache;

/// <summary>Keys of responses that differ by fields of the request (RFC 9111 §4.1).</summary>
internal static class VaryRules
{
    // Nobody real names more; each one is a walk over the fields of every request that looks here.
    private const int MaxNames = 16;
    private const int MaxNamesBytes = 512;

    /// <summary>Reads every Vary line of a response; appends the names in lower case, sorted, each once, with commas between.</summary>
    // Vary = #( "*" / field-name )   RFC 9110 §12.5.5
    public static VaryKind Read(FieldList responseFields, ref KeyBuffer names)
    {
        int start = names.Length;
        int count = 0;
        for (int i = 0; i < responseFields.Count; i++)
        {
            FieldLine line = responseFields[i];
            if (CacheFields.Recognise(line.Name) != CacheField.Vary)
            {
                continue;
            }

            ListReader members = new(line.Value);
            while (members.TryNext(out ReadOnlySpan<byte> member))
            {
                if (member.IsEmpty)
                {
                    continue;
                }

                if (!FieldSyntax.IsToken(member) || member.SequenceEqual("*"u8))
                {
                    names.Truncate(start);
                    return VaryKind.Everything;
                }

                count += Insert(ref names, start, member) ? 1 : 0;
                if (count > MaxNames || names.Length - start > MaxNamesBytes)
                {
                    names.Truncate(start);
                    return VaryKind.TooMany;
                }
            }
        }

        return count == 0 ? VaryKind.None : VaryKind.Fields;
    }

    /// <summary>
    /// Appends to a primary key what the request has of these fields, such that what means the same reads the same: for each a zero byte and its name, and
    /// where the request has it a colon and its value.
    /// </summary>
    /// <param name="key">The primary key.</param>
    /// <param name="names">As <see cref="Read"/> made them.</param>
    /// <param name="requestFields">Of the client's request.</param>
    public static void AppendSelection(ref KeyBuffer key, ReadOnlySpan<byte> names, FieldList requestFields)
    {
        ListReader reader = new(names);
        while (reader.TryNext(out ReadOnlySpan<byte> name))
        {
            key.Append(0);
            key.Append(name);
            int start = key.Length;
            for (int i = 0; i < requestFields.Count; i++)
            {
                FieldLine line = requestFields[i];
                if (line.Name.Length == name.Length && Ascii.EqualsIgnoreCase(line.Name, name))
                {
                    key.Append(key.Length == start ? (byte)':' : (byte)',');
                    AppendValue(ref key, line.Value);
                }
            }

            if (key.Length > start + 1)
            {
                Preferences.Normalise(ref key, start + 1, name);
            }
        }
    }

    // White space around the commas of a list means nothing, nor do empty members   RFC 9110 §5.6.1.2. Inside of quotes it does: such a value stays as it is.
    private static void AppendValue(ref KeyBuffer key, ReadOnlySpan<byte> value)
    {
        if (value.Contains((byte)'"'))
        {
            key.Append(value);
            return;
        }

        int start = key.Length;
        ListReader members = new(value);
        while (members.TryNext(out ReadOnlySpan<byte> member))
        {
            if (!member.IsEmpty && key.Length > start)
            {
                key.Append((byte)',');
            }

            key.Append(member);
        }
    }

    // The names are few: to find the place by walking is as good as any way.
    private static bool Insert(ref KeyBuffer names, int start, ReadOnlySpan<byte> member)
    {
        Span<byte> lower = stackalloc byte[MaxNamesBytes];
        if (member.Length > lower.Length)
        {
            names.Take(MaxNamesBytes + 1); // too long by itself
            return true;
        }

        Ascii.ToLower(member, lower, out int length);
        lower = lower[..length];
        int at = start;
        while (at < names.Length)
        {
            ReadOnlySpan<byte> rest = names.Span[at..];
            int comma = rest.IndexOf((byte)',');
            ReadOnlySpan<byte> name = comma < 0 ? rest : rest[..comma];
            int order = name.SequenceCompareTo(lower);
            if (order == 0)
            {
                return false;
            }

            if (order > 0)
            {
                break;
            }

            at += name.Length + (comma < 0 ? 0 : 1);
        }

        bool isLast = at == names.Length;
        int tail = names.Length - at;
        names.Take(length + (names.Length > start ? 1 : 0));
        Span<byte> room = names.WrittenFrom(at);
        if (isLast)
        {
            if (at > start)
            {
                room[0] = (byte)',';
                room = room[1..];
            }

            lower.CopyTo(room);
            return true;
        }

        room[..tail].CopyTo(room[(length + 1)..]);
        lower.CopyTo(room);
        room[length] = (byte)',';
        return true;
    }
}
