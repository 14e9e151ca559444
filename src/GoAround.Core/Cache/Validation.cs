using System;
using GoAround.Core.Http;

namespace GoAround.Core.Cache;

/// <summary>Asks a backend whether a stored response still holds (RFC 9111 §4.3).</summary>
internal static class Validation
{
    /// <summary>Adds the stored validators to the request for a backend, from which the client's conditions were taken (§4.3.1).</summary>
    public static void AddConditions(FieldList fields, in StoredHead head)
    {
        if (!head.ETag.IsEmpty)
        {
            fields.AddOwn("If-None-Match"u8, head.ETag, KnownField.Other);
        }

        if (head.LastModifiedSeconds != StoredLayout.NoDate)
        {
            fields.AddOwn("If-Modified-Since"u8, head.LastModified, KnownField.Other);
        }
    }

    /// <summary>
    /// Whether a 304 is about this stored response (§4.3.4). One without validators is: the request had those of no other. If it is not, nothing stored
    /// is confirmed, and the request is sent again without conditions.
    /// </summary>
    public static bool Confirms(in StoredHead head, ProxyResponse notModified)
    {
        FieldList fields = notModified.Fields;
        if (fields.TryGet("ETag"u8, out ReadOnlySpan<byte> etag) && !etag.IsEmpty)
        {
            return EntityTags.IsWeak(etag) ? EntityTags.MatchWeakly(etag, head.ETag) : EntityTags.MatchStrongly(etag, head.ETag);
        }

        return !fields.TryGet("Last-Modified"u8, out ReadOnlySpan<byte> modified) || modified.SequenceEqual(head.LastModified);
    }

    /// <summary>Whether a 200 to HEAD is about this stored response, which is then brought up to date; if not, the stored one is outdated (§4.3.5).</summary>
    /// <param name="head">The stored response to GET.</param>
    /// <param name="headAnswer">The answer to HEAD.</param>
    /// <param name="length">Bytes of the stored body.</param>
    public static bool ConfirmsByHead(in StoredHead head, ProxyResponse headAnswer, long length)
    {
        FieldList fields = headAnswer.Fields;
        return (!fields.TryGet("ETag"u8, out ReadOnlySpan<byte> etag) || etag.SequenceEqual(head.ETag))
            && (!fields.TryGet("Last-Modified"u8, out ReadOnlySpan<byte> modified) || modified.SequenceEqual(head.LastModified))
            && (headAnswer.ContentLength is not { } said || said == length);
    }
}
