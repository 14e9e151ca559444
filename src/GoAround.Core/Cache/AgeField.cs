using System;
using System.Buffers.Text;
using GoAround.Core.Http;

namespace GoAround.Core.Cache;

/// <summary>The Age field (RFC 9111 §5.1).</summary>
internal static class AgeField
{
    private const int MaxDigits = 20;

    /// <summary>What a received response says; 0 where it says nothing that can be read.</summary>
    // Age = delta-seconds; of a list the first member counts, and what is invalid is ignored
    public static long Read(FieldList fields)
    {
        for (int i = 0; i < fields.Count; i++)
        {
            FieldLine line = fields[i];
            if (CacheFields.Recognise(line.Name) == CacheField.Age)
            {
                ListReader members = new(line.Value);
                return members.TryNext(out ReadOnlySpan<byte> first) && DeltaSeconds.TryParse(first, out long seconds) ? seconds : 0;
            }
        }

        return 0;
    }

    /// <summary>Adds the line to the head of an answer from the store; there is none in a copied head.</summary>
    public static void Add(FieldList fields, long seconds)
    {
        Span<byte> digits = stackalloc byte[MaxDigits];
        Utf8Formatter.TryFormat(Math.Clamp(seconds, 0, DeltaSeconds.Max), digits, out int length);
        fields.AddOwn("Age"u8, digits[..length], KnownField.Other);
    }
}
