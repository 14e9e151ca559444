using System;
using System.Buffers.Text;

namespace GoAround.Core.Http;

/// <summary>
/// Writes a head into a span. Where the room does not suffice it writes nothing more and says so in
/// <see cref="Overflowed"/>: the caller begins again with a larger span. What is written is not checked again, but for the reason.
/// </summary>
internal ref struct HeadWriter(Span<byte> destination)
{
    private readonly Span<byte> _destination = destination;

    /// <summary>Bytes written; without meaning after an overflow.</summary>
    public int Written { get; private set; }

    /// <summary>The span was too small.</summary>
    public bool Overflowed { get; private set; }

    /// <summary>Writes a request line of HTTP/1.1.</summary>
    /// <param name="method">A token.</param>
    /// <param name="prefix">Goes in front of the target; empty, or a path that does not end with a slash. Left out before <c>*</c>.</param>
    /// <param name="target">A path and query, or <c>*</c>.</param>
    // request-line = method SP request-target SP HTTP-version   RFC 9112 §3
    public void RequestLine(scoped ReadOnlySpan<byte> method, scoped ReadOnlySpan<byte> prefix, scoped ReadOnlySpan<byte> target)
    {
        if (target is [(byte)'*'])
        {
            prefix = default;
        }

        ReadOnlySpan<byte> version = " HTTP/1.1\r\n"u8;
        int length = method.Length + 1 + prefix.Length + target.Length + version.Length;
        if (!TryTake(length, out Span<byte> room))
        {
            return;
        }

        method.CopyTo(room);
        room[method.Length] = (byte)' ';
        room = room[(method.Length + 1)..];
        prefix.CopyTo(room);
        target.CopyTo(room[prefix.Length..]);
        version.CopyTo(room[(prefix.Length + target.Length)..]);
    }

    /// <summary>Writes a status line of HTTP/1.1.</summary>
    /// <param name="statusCode">100..599; anything else is our own bug and becomes 500.</param>
    /// <param name="reason">Empty: the standard phrase. So too where it has control bytes, which would end the line.</param>
    // status-line = HTTP-version SP status-code SP [ reason-phrase ]   RFC 9112 §4
    public void StatusLine(int statusCode, scoped ReadOnlySpan<byte> reason)
    {
        ReadOnlySpan<byte> line = StatusLines.Of(statusCode);
        if (reason.IsEmpty || line[StatusLines.ReasonOffset..^2].SequenceEqual(reason) || !FieldSyntax.IsValue(reason))
        {
            Raw(line);
        }
        else if (TryTake(StatusLines.ReasonOffset + reason.Length + 2, out Span<byte> room))
        {
            line[..StatusLines.ReasonOffset].CopyTo(room);
            reason.CopyTo(room[StatusLines.ReasonOffset..]);
            "\r\n"u8.CopyTo(room[(StatusLines.ReasonOffset + reason.Length)..]);
        }
    }

    /// <summary>Writes one field line.</summary>
    // field-line = field-name ":" OWS field-value OWS   RFC 9112 §5
    public void Field(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value)
    {
        if (TryTake(name.Length + 2 + value.Length + 2, out Span<byte> room))
        {
            WriteField(room, name, value);
        }
    }

    /// <summary>Writes one field line into a room of just its length.</summary>
    public static void WriteField(Span<byte> room, scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value)
    {
        name.CopyTo(room);
        room[name.Length] = (byte)':';
        room[name.Length + 1] = (byte)' ';
        value.CopyTo(room[(name.Length + 2)..]);
        room[^2] = (byte)'\r';
        room[^1] = (byte)'\n';
    }

    /// <summary>Writes one field line with a number.</summary>
    public void Field(scoped ReadOnlySpan<byte> name, long value)
    {
        int at = Written + name.Length + 2;
        if (Overflowed || at > _destination.Length || !Utf8Formatter.TryFormat(value, _destination[at..], out int length) || _destination.Length - at - length < 2)
        {
            Overflowed = true;
            return;
        }

        Span<byte> room = _destination[Written..(at + length + 2)];
        name.CopyTo(room);
        room[name.Length] = (byte)':';
        room[name.Length + 1] = (byte)' ';
        room[^2] = (byte)'\r';
        room[^1] = (byte)'\n';
        Written += room.Length;
    }

    /// <summary>Writes every line of a list; neighbours in the head they were received in, or among those made here, go as one copy.</summary>
    public void Fields(FieldList fields)
    {
        if (Overflowed)
        {
            return;
        }

        int written = fields.WriteTo(_destination[Written..]);
        if (written < 0)
        {
            Overflowed = true;
        }
        else
        {
            Written += written;
        }
    }

    /// <summary>Writes bytes as they are.</summary>
    public void Raw(scoped ReadOnlySpan<byte> bytes)
    {
        if (TryTake(bytes.Length, out Span<byte> room))
        {
            bytes.CopyTo(room);
        }
    }

    /// <summary>Writes the empty line that ends the head.</summary>
    public void End() => Raw("\r\n"u8);

    private bool TryTake(int length, out Span<byte> room)
    {
        if (Overflowed || _destination.Length - Written < length)
        {
            Overflowed = true;
            room = default;
            return false;
        }

        room = _destination.Slice(Written, length);
        Written += length;
        return true;
    }
}
