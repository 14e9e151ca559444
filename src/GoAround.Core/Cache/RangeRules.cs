using System;
using System.Buffers.Text;
using System.Text;
using GoAround.Core.Http;

namespace GoAround.Core.Cache;

/// <summary>Answers Range from a whole stored response (RFC 9110 §14, §13.1.5).</summary>
internal static class RangeRules
{
    private const int MaxContentRangeBytes = 80;

    /// <summary>
    /// What of it answers the request; asked after the conditions. Several ranges are answered with the whole, as a server may that
    /// ignores Range (§14.2): nobody can make it send the same bytes many times.
    /// </summary>
    /// <param name="request">The client's.</param>
    /// <param name="head">The stored response; only a 200 has parts, or the part that a 206 is.</param>
    /// <param name="length">Bytes of the whole.</param>
    public static RangeOutcome Evaluate(ProxyRequest request, in StoredHead head, long length)
    {
        RangeOutcome whole = new(RangeKind.Whole, 0, length - 1);
        if (!request.Method.IsGet || head.StatusCode is not (200 or 206))
        {
            return whole;
        }

        FieldList fields = request.Fields;
        int rangeAt = -1;
        for (int i = 0; i < fields.Count; i++)
        {
            FieldLine line = fields[i];
            switch (CacheFields.Recognise(line.Name))
            {
                case CacheField.IfRange when !IsCurrent(line.Value, in head):
                    return whole;
                case CacheField.Range when rangeAt >= 0:
                    return whole; // two lines are no range
                case CacheField.Range:
                    rangeAt = i;
                    break;
            }
        }

        return rangeAt < 0 ? whole : Read(fields[rangeAt].Value, length);
    }

    /// <summary>Makes a copied head into that of a 206 or a 416; the body is the caller's.</summary>
    // Content-Range = range-unit SP ( range-resp / unsatisfied-range )   RFC 9110 §14.4
    public static void Apply(ProxyResponse response, in RangeOutcome outcome, long length)
    {
        if (outcome.Kind == RangeKind.Whole)
        {
            return;
        }

        Span<byte> text = stackalloc byte[MaxContentRangeBytes];
        int written = 0;
        Append(text, ref written, "bytes "u8);
        if (outcome.Kind == RangeKind.Part)
        {
            response.StatusCode = 206;
            response.ContentLength = outcome.Length;
            Append(text, ref written, outcome.First);
            Append(text, ref written, "-"u8);
            Append(text, ref written, outcome.Last);
            response.Fields.Remove("Content-Range"u8);
        }
        else
        {
            // Nothing the stored fields say holds for an error, least of all for how long caches may keep it.
            response.StatusCode = 416;
            response.ContentLength = 0;
            response.Fields.Clear();
            Append(text, ref written, "*"u8);
        }

        Append(text, ref written, "/"u8);
        Append(text, ref written, length);
        response.Reason = default;
        response.Fields.AddOwn("Content-Range"u8, text[..written], KnownField.Other);
    }

    /// <summary>Reads digits; a number that is too large is the largest.</summary>
    public static bool TryNumber(ReadOnlySpan<byte> digits, out long number)
    {
        number = 0;
        foreach (byte digit in digits)
        {
            int value = digit - '0';
            if ((uint)value > 9)
            {
                return false;
            }

            number = number > (long.MaxValue - value) / 10 ? long.MaxValue : (number * 10) + value;
        }

        return !digits.IsEmpty;
    }

    // If-Range = entity-tag / HTTP-date. Both validators must be strong; a date must be the very same   RFC 9110 §13.1.5
    private static bool IsCurrent(ReadOnlySpan<byte> validator, in StoredHead head)
    {
        if (validator.StartsWith("W/"u8) || validator.StartsWith("\""u8))
        {
            return !head.ETag.IsEmpty && EntityTags.MatchStrongly(validator, head.ETag);
        }

        // A date is strong that is at least a second before Date   §8.8.2.2
        return HttpDate.TryParse(validator, head.ResponseMs, out long seconds) && seconds == head.LastModifiedSeconds && head.DateSeconds > seconds;
    }

    // ranges-specifier = range-unit "=" range-set; range-set = 1#range-spec; what is not valid, or of another unit, is ignored   RFC 9110 §14.1.1, §14.2
    private static RangeOutcome Read(ReadOnlySpan<byte> value, long length)
    {
        RangeOutcome whole = new(RangeKind.Whole, 0, length - 1);
        int equals = value.IndexOf((byte)'=');
        if (equals < 0 || !Ascii.EqualsIgnoreCase(value[..equals], "bytes"u8))
        {
            return whole;
        }

        ReadOnlySpan<byte> only = default;
        ListReader ranges = new(value[(equals + 1)..]);
        while (ranges.TryNext(out ReadOnlySpan<byte> range))
        {
            if (!range.IsEmpty && !only.IsEmpty)
            {
                return whole;
            }

            only = range.IsEmpty ? only : range;
        }

        int dash = only.IndexOf((byte)'-');
        if (dash < 0)
        {
            return whole;
        }

        ReadOnlySpan<byte> last = only[(dash + 1)..];
        return dash == 0 ? Suffix(last, length) : Part(only[..dash], last, length);
    }

    // suffix-range = "-" suffix-length   RFC 9110 §14.1.2
    private static RangeOutcome Suffix(ReadOnlySpan<byte> text, long length)
    {
        if (!TryNumber(text, out long suffix) || (length == 0 && suffix > 0))
        {
            return new RangeOutcome(RangeKind.Whole, 0, length - 1);
        }

        return suffix == 0 ? new RangeOutcome(RangeKind.NotSatisfiable, 0, -1) : new RangeOutcome(RangeKind.Part, Math.Max(0, length - suffix), length - 1);
    }

    // int-range = first-pos "-" [ last-pos ]: last-pos is not before first-pos   RFC 9110 §14.1.2
    private static RangeOutcome Part(ReadOnlySpan<byte> firstText, ReadOnlySpan<byte> lastText, long length)
    {
        long last = long.MaxValue;
        if (!TryNumber(firstText, out long first) || (!lastText.IsEmpty && !TryNumber(lastText, out last)) || last < first)
        {
            return new RangeOutcome(RangeKind.Whole, 0, length - 1);
        }

        return first >= length ? new RangeOutcome(RangeKind.NotSatisfiable, 0, -1) : new RangeOutcome(RangeKind.Part, first, Math.Min(last, length - 1));
    }

    private static void Append(Span<byte> text, ref int written, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(text[written..]);
        written += bytes.Length;
    }

    private static void Append(Span<byte> text, ref int written, long number)
    {
        Utf8Formatter.TryFormat(number, text[written..], out int length);
        written += length;
    }
}
