using System;
using System.Buffers.Binary;
using GoAround.Core.Http;

namespace GoAround.Core.Cache;

/// <summary>The head of a stored response, read in place from <see cref="StoredResponse.Head"/>; see <see cref="StoredLayout"/>.</summary>
internal readonly struct StoredHead
{
    private readonly ReadOnlyMemory<byte> _bytes;

    private StoredHead(ReadOnlyMemory<byte> bytes) => _bytes = bytes;

    /// <summary>It is no response: it says by which fields the responses under this key differ.</summary>
    public bool IsMarker => _bytes.Span[StoredLayout.KindAt] == StoredLayout.Marker;

    /// <summary>Of a marker: the names, as <see cref="VaryRules.Read"/> made them.</summary>
    public ReadOnlySpan<byte> VaryNames => _bytes.Span.Slice(StoredLayout.FixedBytes, Number(StoredLayout.ReasonLengthAt));

    /// <summary>The final status code.</summary>
    public int StatusCode => BinaryPrimitives.ReadUInt16LittleEndian(_bytes.Span[StoredLayout.StatusAt..]);

    /// <summary>What holds for it.</summary>
    public StoredFlags Flags => (StoredFlags)Number(StoredLayout.FlagsAt);

    /// <summary>When it was received, or last confirmed, in Unix milliseconds.</summary>
    public long ResponseMs => Long(StoredLayout.ResponseMsAt);

    /// <summary>corrected_initial_age, in seconds.</summary>
    public long InitialAgeSeconds => Seconds(StoredLayout.InitialAgeAt);

    /// <summary>freshness_lifetime, in seconds.</summary>
    public long LifetimeSeconds => Seconds(StoredLayout.LifetimeAt);

    /// <summary>How long past its lifetime it may be used while it is refreshed.</summary>
    public long StaleWhileRevalidateSeconds => Seconds(StoredLayout.StaleWhileRevalidateAt);

    /// <summary>How long past its lifetime it may be used on an error.</summary>
    public long StaleIfErrorSeconds => Seconds(StoredLayout.StaleIfErrorAt);

    /// <summary>The value of ETag; empty where there is none.</summary>
    public ReadOnlySpan<byte> ETag => Value(StoredLayout.ETagAt);

    /// <summary>The value of Last-Modified; empty where there is none.</summary>
    public ReadOnlySpan<byte> LastModified => Value(StoredLayout.LastModifiedAt);

    /// <summary>The moment in Last-Modified, in Unix seconds; <see cref="StoredLayout.NoDate"/> where there is none that can be read.</summary>
    public long LastModifiedSeconds => Long(StoredLayout.LastModifiedSecondsAt);

    /// <summary>The moment in Date, in Unix seconds.</summary>
    public long DateSeconds => Long(StoredLayout.DateSecondsAt);

    /// <summary>The value of Content-Type; empty where there is none.</summary>
    public ReadOnlySpan<byte> ContentType => Value(StoredLayout.ContentTypeAt);

    /// <summary>There is a validator, so a backend can confirm it.</summary>
    public bool HasValidator => !ETag.IsEmpty || LastModifiedSeconds != StoredLayout.NoDate;

    /// <summary>How many field lines there are.</summary>
    private int LineCount => BinaryPrimitives.ReadUInt16LittleEndian(_bytes.Span[StoredLayout.LineCountAt..]);

    private int LinesAt => StoredLayout.FixedBytes + Number(StoredLayout.ReasonLengthAt) + (LineCount * StoredLayout.LineBytes);

    /// <summary>Reads a head, as bytes that were stored; false where they are not whole, or of another version.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> bytes, out StoredHead head)
    {
        head = new StoredHead(bytes);
        ReadOnlySpan<byte> span = bytes.Span;
        return span.Length >= StoredLayout.FixedBytes
            && BinaryPrimitives.ReadUInt32LittleEndian(span) == StoredLayout.Version
            && BinaryPrimitives.ReadUInt32LittleEndian(span[StoredLayout.ChecksumAt..]) == StoredLayout.Checksum(span[StoredLayout.KindAt..])
            && head.IsWhole(span.Length);
    }

    /// <summary>Reads the head of something that was found: of this process's own store without a look at each byte, since that was looked at when it was stored.</summary>
    public static bool TryRead(StoredResponse found, out StoredHead head)
    {
        if (found is CacheEntry { HasSoundHead: true })
        {
            head = new StoredHead(found.Head);
            return true;
        }

        return TryRead(found.Head, out head);
    }

    /// <summary>current_age, in seconds (RFC 9111 §4.2.3).</summary>
    // resident_time = now - response_time; current_age = corrected_initial_age + resident_time
    public long AgeSeconds(long nowMs) => InitialAgeSeconds + (Math.Max(0, nowMs - ResponseMs) / 1000);

    /// <summary>Seconds of freshness that are left; 0 or less: stale.</summary>
    // response_is_fresh = (freshness_lifetime > current_age)   RFC 9111 §4.2
    public long FreshSeconds(long nowMs) => LifetimeSeconds - AgeSeconds(nowMs);

    /// <summary>
    /// Sets status, reason and fields of a response; the fields are borrowed from these bytes, which must stay as they are for as long as the response is used.
    /// Neither Age nor Content-Length is among them.
    /// </summary>
    public void CopyTo(ProxyResponse response)
    {
        response.StatusCode = StatusCode;
        response.Reason = _bytes.Slice(StoredLayout.FixedBytes, Number(StoredLayout.ReasonLengthAt));
        FieldList fields = response.Fields;
        fields.Clear();
        fields.Borrow(_bytes[LinesAt..]);
        ReadOnlySpan<byte> table = Table;
        int at = 0;
        while (!table.IsEmpty)
        {
            int nameLength = BinaryPrimitives.ReadUInt16LittleEndian(table);
            int valueLength = BinaryPrimitives.ReadInt32LittleEndian(table[4..]);
            fields.AddBorrowed(at, nameLength, at + nameLength + 2, valueLength, (KnownField)table[2]);
            at += nameLength + valueLength + StoredLayout.LineExtraBytes;
            table = table[StoredLayout.LineBytes..];
        }
    }

    /// <summary>Reads which part of the whole a stored 206 is; false for any other.</summary>
    public bool TryReadPart(out ContentRange part)
    {
        part = default;
        if (StatusCode != 206)
        {
            return false;
        }

        ReadOnlySpan<byte> lines = _bytes.Span[LinesAt..];
        for (ReadOnlySpan<byte> table = Table; !table.IsEmpty; table = table[StoredLayout.LineBytes..])
        {
            int nameLength = BinaryPrimitives.ReadUInt16LittleEndian(table);
            int valueLength = BinaryPrimitives.ReadInt32LittleEndian(table[4..]);
            if (CacheFields.Recognise(lines[..nameLength]) == CacheField.ContentRange)
            {
                return ContentRange.TryParse(lines.Slice(nameLength + 2, valueLength), out part);
            }

            lines = lines[(nameLength + valueLength + StoredLayout.LineExtraBytes)..];
        }

        return false;
    }

    private ReadOnlySpan<byte> Table => _bytes.Span[(StoredLayout.FixedBytes + Number(StoredLayout.ReasonLengthAt))..LinesAt];

    // Every offset that is followed later was checked here once; sums in 64 bits, since each number may be anything.
    private bool IsWhole(int length)
    {
        byte kind = _bytes.Span[StoredLayout.KindAt];
        long reason = (uint)Number(StoredLayout.ReasonLengthAt);
        long lines = (uint)Number(StoredLayout.LinesLengthAt);
        if (kind is not (StoredLayout.Response or StoredLayout.Marker) || StoredLayout.FixedBytes + reason + ((long)LineCount * StoredLayout.LineBytes) + lines != length)
        {
            return false;
        }

        long at = 0;
        ReadOnlySpan<byte> table = Table;
        while (!table.IsEmpty)
        {
            int nameLength = BinaryPrimitives.ReadUInt16LittleEndian(table);
            if (nameLength == 0 || table[2] > (byte)KnownField.XForwardedUnderscored)
            {
                return false;
            }

            at += nameLength + BinaryPrimitives.ReadUInt32LittleEndian(table[4..]) + StoredLayout.LineExtraBytes;
            table = table[StoredLayout.LineBytes..];
        }

        return at == lines && IsWithin(StoredLayout.ETagAt, lines) && IsWithin(StoredLayout.LastModifiedAt, lines) && IsWithin(StoredLayout.ContentTypeAt, lines)
            && (kind == StoredLayout.Marker || StatusCode is >= 200 and <= 599);
    }

    private bool IsWithin(int position, long lines) => (long)(uint)Number(position) + (uint)Number(position + 4) <= lines;

    private ReadOnlySpan<byte> Value(int position) => _bytes.Span.Slice(LinesAt + Number(position), Number(position + 4));

    private int Number(int position) => BinaryPrimitives.ReadInt32LittleEndian(_bytes.Span[position..]);

    private long Seconds(int position) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.Span[position..]);

    private long Long(int position) => BinaryPrimitives.ReadInt64LittleEndian(_bytes.Span[position..]);
}
