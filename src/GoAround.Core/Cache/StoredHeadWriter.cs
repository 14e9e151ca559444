using System;

namespace GoAround.Core.Cache;

/// <summary>Writes what <see cref="StoredHead"/> reads.</summary>
internal static class StoredHeadWriter
{
    /// <summary>Appends the head of a response that is stored: without the fields that must not be (RFC 9111 §3.1) and Age, and with a Date where it had none.</summary>
    public static void Write(ref KeyBuffer buffer, in StoreDecision decision, ProxyResponse response, CacheOptions options)
    {
    }

    /// <summary>Appends a marker.</summary>
    /// <param name="buffer">Where to.</param>
    /// <param name="names">As <see cref="VaryRules.Read"/> made them.</param>
    public static void WriteMarker(ref KeyBuffer buffer, ReadOnlySpan<byte> names)
    {
    }
}
