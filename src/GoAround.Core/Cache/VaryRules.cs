using System;
using GoAround.Core.Http;

namespace GoAround.Core.Cache;

/// <summary>Keys of responses that differ by fields of the request (RFC 9111 §4.1).</summary>
internal static class VaryRules
{
    /// <summary>Reads every Vary line of a response; appends the names in lower case, sorted, each once, with commas between.</summary>
    public static VaryKind Read(FieldList responseFields, ref KeyBuffer names) => VaryKind.None;

    /// <summary>Appends to a primary key what the request has of these fields, such that what means the same reads the same.</summary>
    /// <param name="key">The primary key.</param>
    /// <param name="names">As <see cref="Read"/> made them.</param>
    /// <param name="requestFields">Of the client's request.</param>
    public static void AppendSelection(ref KeyBuffer key, ReadOnlySpan<byte> names, FieldList requestFields)
    {
    }
}
