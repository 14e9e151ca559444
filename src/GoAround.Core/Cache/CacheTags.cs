using System;
using System.Collections.Generic;
using GoAround.Core.Http;

namespace GoAround.Core.Cache;

/// <summary>The names under which an application removes what it has changed: Surrogate-Key and Cache-Tag.</summary>
internal static class CacheTags
{
    /// <summary>Adds those of a response to a list, in the form in which they are stored.</summary>
    public static void Read(FieldList responseFields, List<ReadOnlyMemory<byte>> tags)
    {
    }

    /// <summary>Appends the stored form of one name, as <see cref="IResponseCache.RemoveAsync"/> wants it.</summary>
    public static void Append(ref KeyBuffer key, ReadOnlySpan<byte> name)
    {
    }
}
