using System;
using GoAround.Core.Http;

namespace GoAround.Core.Cache;

/// <summary>Answers the conditions of a client from the store (RFC 9110 §13, RFC 9111 §4.3.2).</summary>
internal static class Conditions
{
    /// <summary>Evaluates If-None-Match, or where there is none If-Modified-Since, of a GET or HEAD.</summary>
    /// <param name="request">The client's.</param>
    /// <param name="head">The stored response that would be the answer.</param>
    public static ConditionResult Evaluate(ProxyRequest request, in StoredHead head)
    {
        // Conditions are ignored where the answer without them would not be 2xx   RFC 9110 §13.2.1
        if (head.StatusCode is < 200 or >= 300)
        {
            return ConditionResult.Proceed;
        }

        FieldList fields = request.Fields;
        bool hasNoneMatch = false;
        int sinceCount = 0;
        int sinceAt = 0;
        for (int i = 0; i < fields.Count; i++)
        {
            FieldLine line = fields[i];
            switch (CacheFields.Recognise(line.Name))
            {
                case CacheField.IfNoneMatch when Matches(line.Value, in head):
                    return ConditionResult.NotModified;
                case CacheField.IfNoneMatch:
                    hasNoneMatch = true;
                    break;
                case CacheField.IfModifiedSince:
                    sinceCount++;
                    sinceAt = i;
                    break;
            }
        }

        // If-Modified-Since is ignored beside If-None-Match, and where it has more than one member   RFC 9110 §13.1.3
        return !hasNoneMatch && sinceCount == 1 && IsUnmodified(fields[sinceAt].Value, in head) ? ConditionResult.NotModified : ConditionResult.Proceed;
    }

    /// <summary>Whether a condition that is not modified was met by a validator of the response: <c>*</c>, and a date where it has no Last-Modified, fit without one.</summary>
    public static bool NamesValidator(FieldList fields, in StoredHead head)
    {
        bool hasNoneMatch = false;
        for (int i = 0; i < fields.Count; i++)
        {
            if (CacheFields.Recognise(fields[i].Name) == CacheField.IfNoneMatch)
            {
                if (fields[i].Value.SequenceEqual("*"u8))
                {
                    return false;
                }

                hasNoneMatch = true;
            }
        }

        return hasNoneMatch || head.LastModifiedSeconds != StoredLayout.NoDate;
    }

    /// <summary>
    /// Makes a copied head into that of a 304: it keeps what guides caches (Content-Location, Date, ETag, Vary, Cache-Control, Expires) and leaves out
    /// what describes the content that is not sent (RFC 9110 §15.4.5).
    /// </summary>
    public static void MakeNotModified(ProxyResponse response)
    {
        response.StatusCode = 304;
        response.Reason = default;
        response.ContentLength = null;
        FieldList fields = response.Fields;
        bool hasETag = fields.Contains("ETag"u8);
        fields.Remove("Content-Type"u8);
        fields.Remove("Content-Encoding"u8);
        fields.Remove("Content-Language"u8);
        fields.Remove("Content-Range"u8);
        if (hasETag)
        {
            fields.Remove("Last-Modified"u8); // useful to caches only where there is no ETag
        }
    }

    /// <summary>Takes every condition, If-Range and Range out of a request.</summary>
    public static void Remove(FieldList fields)
    {
        for (int i = fields.Count - 1; i >= 0; i--)
        {
            if (CacheFields.Recognise(fields[i].Name) is CacheField.IfMatch or CacheField.IfNoneMatch or CacheField.IfModifiedSince or CacheField.IfUnmodifiedSince
                or CacheField.IfRange or CacheField.Range)
            {
                fields.RemoveAt(i);
            }
        }
    }

    // "*" is there, since something is stored; the weak comparison for the others   RFC 9110 §13.1.2
    private static bool Matches(ReadOnlySpan<byte> list, in StoredHead head) =>
        list.SequenceEqual("*"u8) || (!head.ETag.IsEmpty && EntityTags.AnyMatchesWeakly(list, head.ETag));

    // Last-Modified, or where there is none Date, is earlier or the same   RFC 9111 §4.3.2, RFC 9110 §13.1.3
    private static bool IsUnmodified(ReadOnlySpan<byte> since, in StoredHead head)
    {
        long modified = head.LastModifiedSeconds == StoredLayout.NoDate ? head.DateSeconds : head.LastModifiedSeconds;
        return HttpDate.TryParse(since, head.ResponseMs, out long seconds) && modified <= seconds;
    }
}
