using System;
using System.Buffers.Binary;
using GoAround.Core.Http;

namespace GoAround.Core.Cache;

/// <summary>Writes what <see cref="StoredHead"/> reads; see <see cref="StoredLayout"/>.</summary>
internal static class StoredHeadWriter
{
    /// <summary>Appends the head of a response that is stored: without the fields that must not be (RFC 9111 §3.1) and Age, and with a Date where it had none that can be read.</summary>
    public static void Write(ref KeyBuffer buffer, in StoreDecision decision, ProxyResponse response, CacheOptions options)
    {
        int start = buffer.Length;
        FieldList fields = response.Fields;
        bool omits = (decision.Flags & StoredFlags.OmitsFields) != 0;
        int count = CountLines(fields, omits, options, decision.ResponseMs, out bool hasDate);
        count += hasDate ? 0 : 1;
        int reasonLength = response.Reason.Length;
        Span<byte> head = buffer.Take(StoredLayout.FixedBytes + reasonLength + (count * StoredLayout.LineBytes));
        head.Clear();
        WriteFixed(head, in decision, response.StatusCode);
        BinaryPrimitives.WriteUInt16LittleEndian(head[StoredLayout.LineCountAt..], (ushort)count);
        BinaryPrimitives.WriteInt32LittleEndian(head[StoredLayout.ReasonLengthAt..], reasonLength);
        response.Reason.Span.CopyTo(head[StoredLayout.FixedBytes..]);

        Lines lines = new(start, start + StoredLayout.FixedBytes + reasonLength, buffer.Length);
        for (int i = 0; i < fields.Count; i++)
        {
            FieldLine line = fields[i];
            CacheField field = CacheFields.Recognise(line.Name);
            if (IsKept(fields, line, field, omits, options, decision.ResponseMs))
            {
                lines.Add(ref buffer, line.Name, line.Value, line.Known, field);
            }
        }

        if (!hasDate)
        {
            // A recipient with a clock MUST record when it came, and say so when it is passed on   RFC 9110 §6.6.1
            Span<byte> date = stackalloc byte[HttpDate.LengthBytes];
            HttpDate.Write(date, decision.DateSeconds);
            lines.Add(ref buffer, "Date"u8, date, KnownField.Date, CacheField.Date);
        }

        Seal(ref buffer, start, buffer.Length - lines.First);
    }

    /// <summary>Appends the head of the 200 that a part is which has all there is.</summary>
    // A union of parts that is the entire range MUST be processed as if it were a complete 200   RFC 9110 §15.3.7.3; here it is one part
    public static void WriteWhole(ref KeyBuffer buffer, in StoreDecision decision, in StoredHead part, CacheOptions options)
    {
        ProxyResponse whole = new();
        part.CopyTo(whole);
        whole.StatusCode = 200;
        whole.Reason = default;
        whole.Fields.Remove("Content-Range"u8);
        Write(ref buffer, in decision, whole, options);
    }

    /// <summary>Appends a marker.</summary>
    /// <param name="buffer">Where to.</param>
    /// <param name="names">As <see cref="VaryRules.Read"/> made them.</param>
    /// <param name="responseMs">When the response came that says so, in Unix milliseconds.</param>
    /// <param name="dateSeconds">Its Date, in Unix seconds.</param>
    public static void WriteMarker(ref KeyBuffer buffer, ReadOnlySpan<byte> names, long responseMs, long dateSeconds)
    {
        int start = buffer.Length;
        Span<byte> head = buffer.Take(StoredLayout.FixedBytes + names.Length);
        head.Clear();
        head[StoredLayout.KindAt] = StoredLayout.Marker;
        BinaryPrimitives.WriteInt64LittleEndian(head[StoredLayout.ResponseMsAt..], responseMs);
        BinaryPrimitives.WriteInt64LittleEndian(head[StoredLayout.DateSecondsAt..], dateSeconds);
        BinaryPrimitives.WriteInt32LittleEndian(head[StoredLayout.ReasonLengthAt..], names.Length);
        names.CopyTo(head[StoredLayout.FixedBytes..]);
        Seal(ref buffer, start, linesLength: 0);
    }

    private static void WriteFixed(Span<byte> head, in StoreDecision decision, int statusCode)
    {
        head[StoredLayout.KindAt] = StoredLayout.Response;
        BinaryPrimitives.WriteUInt16LittleEndian(head[StoredLayout.StatusAt..], (ushort)statusCode);
        BinaryPrimitives.WriteInt32LittleEndian(head[StoredLayout.FlagsAt..], (int)decision.Flags);
        BinaryPrimitives.WriteInt64LittleEndian(head[StoredLayout.ResponseMsAt..], decision.ResponseMs);
        BinaryPrimitives.WriteUInt32LittleEndian(head[StoredLayout.InitialAgeAt..], (uint)decision.InitialAgeSeconds);
        BinaryPrimitives.WriteUInt32LittleEndian(head[StoredLayout.LifetimeAt..], (uint)decision.LifetimeSeconds);
        BinaryPrimitives.WriteUInt32LittleEndian(head[StoredLayout.StaleWhileRevalidateAt..], (uint)decision.StaleWhileRevalidateSeconds);
        BinaryPrimitives.WriteUInt32LittleEndian(head[StoredLayout.StaleIfErrorAt..], (uint)decision.StaleIfErrorSeconds);
        BinaryPrimitives.WriteInt64LittleEndian(head[StoredLayout.LastModifiedSecondsAt..], decision.LastModifiedSeconds);
        BinaryPrimitives.WriteInt64LittleEndian(head[StoredLayout.DateSecondsAt..], decision.DateSeconds);
    }

    private static void Seal(ref KeyBuffer buffer, int start, int linesLength)
    {
        Span<byte> head = buffer.WrittenFrom(start);
        BinaryPrimitives.WriteUInt32LittleEndian(head, StoredLayout.Version);
        BinaryPrimitives.WriteInt32LittleEndian(head[StoredLayout.LinesLengthAt..], linesLength);
        BinaryPrimitives.WriteUInt32LittleEndian(head[StoredLayout.ChecksumAt..], StoredLayout.Checksum(head[StoredLayout.KindAt..]));
    }

    private static int CountLines(FieldList fields, bool omits, CacheOptions options, long responseMs, out bool hasDate)
    {
        int count = 0;
        hasDate = false;
        for (int i = 0; i < fields.Count; i++)
        {
            FieldLine line = fields[i];
            CacheField field = CacheFields.Recognise(line.Name);
            if (IsKept(fields, line, field, omits, options, responseMs))
            {
                count++;
                hasDate |= field == CacheField.Date;
            }
        }

        return count;
    }

    private static bool IsKept(FieldList fields, FieldLine line, CacheField field, bool omits, CacheOptions options, long responseMs) =>
        !OmittedFields.Contains(field)
        && (field != CacheField.Date || HttpDate.TryParse(line.Value, responseMs, out _))
        && !(omits && OmittedFields.AreNamed(fields, options.TargetedField, line.Name));

    // Writes lines and their entries in the table; the buffer may move, so positions only.
    private struct Lines(int start, int table, int first)
    {
        private int _table = table;

        public readonly int First => first;

        public void Add(ref KeyBuffer buffer, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, KnownField known, CacheField field)
        {
            int at = buffer.Length;
            Span<byte> line = buffer.Take(name.Length + value.Length + StoredLayout.LineExtraBytes);
            name.CopyTo(line);
            ": "u8.CopyTo(line[name.Length..]);
            value.CopyTo(line[(name.Length + 2)..]);
            "\r\n"u8.CopyTo(line[^2..]);

            Span<byte> entry = buffer.WrittenFrom(_table);
            BinaryPrimitives.WriteUInt16LittleEndian(entry, (ushort)name.Length);
            entry[2] = (byte)known;
            BinaryPrimitives.WriteInt32LittleEndian(entry[4..], value.Length);
            _table += StoredLayout.LineBytes;
            Note(buffer.WrittenFrom(start), field, at - first + name.Length + 2, value.Length);
        }

        private static void Note(Span<byte> head, CacheField field, int offset, int length)
        {
            int position = field switch
            {
                CacheField.ETag => StoredLayout.ETagAt,
                CacheField.LastModified => StoredLayout.LastModifiedAt,
                CacheField.ContentType => StoredLayout.ContentTypeAt,
                _ => 0,
            };
            if (position != 0 && BinaryPrimitives.ReadInt32LittleEndian(head[(position + 4)..]) == 0)
            {
                BinaryPrimitives.WriteInt32LittleEndian(head[position..], offset);
                BinaryPrimitives.WriteInt32LittleEndian(head[(position + 4)..], length);
            }
        }
    }
}
