using System;
using GoAround.Core.Http;

namespace GoAround.Core.Cache;

/// <summary>Writes Cache-Status (RFC 9211).</summary>
internal static class CacheStatusField
{
    /// <summary>The name of this cache as it stands in the field: a token, or else a string.</summary>
    public static byte[] NameOf(string proxyName) => [];

    /// <summary>Adds the line behind those that other caches have added (§2).</summary>
    /// <param name="fields">Of the response.</param>
    /// <param name="name">From <see cref="NameOf"/>.</param>
    /// <param name="status">What to say.</param>
    public static void Append(FieldList fields, ReadOnlySpan<byte> name, in CacheStatus status)
    {
    }
}
