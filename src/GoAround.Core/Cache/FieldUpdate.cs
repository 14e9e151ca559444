using System;
using GoAround.Core.Http;

namespace GoAround.Core.Cache;

/// <summary>Brings the fields of a stored response up to date (RFC 9111 §3.2).</summary>
internal static class FieldUpdate
{
    /// <summary>
    /// Makes the head that is stored in the place of the old one: status and fields of the old, those that the confirmation brings replaced. What comes out is
    /// decided upon by <see cref="StoreRules"/> and written by <see cref="StoredHeadWriter"/> like any response.
    /// </summary>
    /// <param name="old">The stored response.</param>
    /// <param name="confirmation">The 304, or the 200 to HEAD.</param>
    /// <param name="merged">Its status, reason and fields are set. The reason is borrowed from the old head, the fields are copies.</param>
    public static void Merge(in StoredHead old, ProxyResponse confirmation, ProxyResponse merged)
    {
        FieldList brought = confirmation.Fields;
        FieldList fields = merged.Fields;
        old.CopyTo(merged);

        // A cookie that is set beside a confirmation is meant for who asked. The answer for all gets it only if it has one already.
        bool takesCookies = fields.Contains("Set-Cookie"u8);

        // The time of the old response is no longer that of this one: without a Date it is when the confirmation came (RFC 9110 §6.6.1).
        for (int i = fields.Count - 1; i >= 0; i--)
        {
            FieldLine line = fields[i];
            if (line.Known == KnownField.Date || (IsTaken(line.Name) && brought.Contains(line.Name)))
            {
                fields.RemoveAt(i);
            }
        }

        for (int i = 0; i < brought.Count; i++)
        {
            FieldLine line = brought[i];
            if (IsTaken(line.Name) && (takesCookies || CacheFields.Recognise(line.Name) != CacheField.SetCookie))
            {
                fields.AddOwn(line.Name, line.Value, line.Known);
            }
        }
    }

    /// <summary>Copies the cookies of a confirmation that have not got into the answer for all.</summary>
    /// <param name="brought">Of the confirmation.</param>
    /// <param name="merged">What <see cref="Merge"/> made of it.</param>
    /// <param name="alone">Gets what is for the one who asked alone.</param>
    public static void CopyCookies(FieldList brought, FieldList merged, FieldList alone)
    {
        if (merged.Contains("Set-Cookie"u8))
        {
            return;
        }

        for (int i = 0; i < brought.Count; i++)
        {
            FieldLine line = brought[i];
            if (CacheFields.Recognise(line.Name) == CacheField.SetCookie)
            {
                alone.AddOwn(line.Name, line.Value, line.Known);
            }
        }
    }

    // Every field but Content-Length, which is not in the list, and Content-Range, which a whole response has not   RFC 9111 §3.2
    private static bool IsTaken(ReadOnlySpan<byte> name) => CacheFields.Recognise(name) != CacheField.ContentRange;
}
