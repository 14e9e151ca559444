using GoAround.Core.Http;

namespace GoAround.Core.Cache;

/// <summary>What a response says that storing is decided by; read once.</summary>
internal struct ResponseFacts
{
    /// <summary>The directives that count for this cache.</summary>
    public CacheDirectives Control { get; private set; }

    /// <summary>Age, in seconds; 0 where there is none.</summary>
    public long AgeSeconds { get; private set; }

    /// <summary>Date, in Unix seconds; when it was received, where it has none that can be read (RFC 9110 §6.6.1).</summary>
    public long DateSeconds { get; private set; }

    /// <summary>There is an Expires field that counts.</summary>
    public bool HasExpires { get; private set; }

    /// <summary>The earliest Expires, in Unix seconds; long.MinValue where one cannot be read: expired (RFC 9111 §5.3).</summary>
    public long ExpiresSeconds { get; private set; }

    /// <summary>Last-Modified, in Unix seconds; <see cref="StoredLayout.NoDate"/> where there is none that can be read.</summary>
    public long LastModifiedSeconds { get; private set; }

    /// <summary>There is an ETag that is not empty.</summary>
    public bool HasETag { get; private set; }

    /// <summary>There is a Set-Cookie field.</summary>
    public bool HasSetCookie { get; private set; }

    /// <summary>Pragma names no-cache: not specified in responses, but nobody who sends it wants to be guessed cacheable (RFC 9111 §5.4).</summary>
    public bool HasPragmaNoCache { get; private set; }

    /// <summary>A backend can confirm it later.</summary>
    public readonly bool HasValidator => HasETag || LastModifiedSeconds != StoredLayout.NoDate;

    /// <summary>Reads them.</summary>
    public static ResponseFacts Read(FieldList fields, CacheOptions options, long responseMs)
    {
        ResponseFacts facts = default;
        facts.Control = CacheDirectives.ReadResponse(fields, options.TargetedField);
        facts.AgeSeconds = AgeField.Read(fields);
        facts.DateSeconds = responseMs / 1000;
        facts.ExpiresSeconds = long.MaxValue;
        facts.LastModifiedSeconds = StoredLayout.NoDate;
        for (int i = 0; i < fields.Count; i++)
        {
            FieldLine line = fields[i];
            facts.Take(CacheFields.Recognise(line.Name), line, responseMs);
        }

        return facts;
    }

    private void Take(CacheField field, FieldLine line, long responseMs)
    {
        long seconds;
        switch (field)
        {
            case CacheField.Date when HttpDate.TryParse(line.Value, responseMs, out seconds):
                DateSeconds = seconds;
                break;
            case CacheField.ETag:
                HasETag |= !line.Value.IsEmpty;
                break;
            case CacheField.Expires when !Control.IsTargeted:
                // Of several the first counts, or the response is stale (RFC 9111 §4.2.1): the earliest is one or the other or earlier.
                HasExpires = true;
                ExpiresSeconds = System.Math.Min(ExpiresSeconds, HttpDate.TryParse(line.Value, responseMs, out seconds) ? seconds : long.MinValue);
                break;
            case CacheField.LastModified when HttpDate.TryParse(line.Value, responseMs, out seconds):
                LastModifiedSeconds = seconds;
                break;
            case CacheField.Pragma:
                HasPragmaNoCache |= CacheDirectives.NamesNoCache(line.Value);
                break;
            case CacheField.SetCookie:
                HasSetCookie = true;
                break;
        }
    }
}
