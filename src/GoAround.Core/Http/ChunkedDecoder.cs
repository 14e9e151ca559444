using System;

namespace GoAround.Core.Http;

/// <summary>
/// Takes the chunked coding off a body that comes in pieces; <c>default</c> is its start. What it finds does not depend on
/// how the bytes were split over the calls.
/// </summary>
// chunked-body = *chunk last-chunk trailer-section CRLF   RFC 9112 §7.1
internal struct ChunkedDecoder
{
    private const int MaxExtensionBytes = 4096;
    private const int MaxTrailerLineBytes = 4096;
    private const int MaxTrailerBytes = 8192;
    private const int MaxTrailers = 64;
    private const int MaxDigits = 16;

    // A body of one-byte chunks with long extensions would cost a thousand times what it carries (CVE-2023-39326 in Go).
    private const int MaxExcessBytes = 16 * 1024;

    private LineScanner _lines;
    private Stage _stage;
    private long _remaining;
    private long _excess;
    private int _digits;
    private int _extensionBytes;
    private int _trailerBytes;
    private int _trailers;

    private enum Stage : byte
    {
        Size = 0,
        BeforeExtension,
        Extension,
        SizeLineFeed,
        Content,
        ContentCarriageReturn,
        ContentLineFeed,
        Trailers,
        Ended,
        Rejected,
    }

    /// <summary>Why the body was refused; stays.</summary>
    public Rejection Rejection { get; private set; }

    /// <summary>Reads up to the next piece of content, or to the end of the body.</summary>
    /// <param name="input">Begins with the first byte that was not consumed yet.</param>
    /// <param name="trailers">Gets a copy of the trailers, without those that must not stand there.</param>
    /// <param name="consumed">Bytes that are done with. Of a trailer line that is not whole, at most 4095 bytes, nothing is consumed: it comes again, with more bytes behind it.</param>
    /// <param name="dataOffset">Where the content begins.</param>
    /// <param name="dataLength">Bytes of content; above zero with <see cref="ChunkStatus.Data"/>, else zero.</param>
    public ChunkStatus Read(ReadOnlySpan<byte> input, FieldList trailers, out int consumed, out int dataOffset, out int dataLength)
    {
        consumed = 0;
        dataOffset = 0;
        dataLength = 0;
        while (true)
        {
            switch (_stage)
            {
                case Stage.Ended:
                    return ChunkStatus.End;
                case Stage.Rejected:
                    return ChunkStatus.Rejected;
                case Stage.Trailers:
                    return ReadTrailers(input, trailers, ref consumed);
                case var _ when consumed == input.Length:
                    return ChunkStatus.NeedMore;
                case Stage.Content:
                    dataOffset = consumed;
                    dataLength = (int)Math.Min(_remaining, input.Length - consumed);
                    consumed += dataLength;
                    _remaining -= dataLength;
                    _stage = _remaining == 0 ? Stage.ContentCarriageReturn : Stage.Content;
                    return ChunkStatus.Data;
                case Stage.Extension:
                    ReadExtension(input, ref consumed);
                    break;
                default:
                    ReadByte(input[consumed++]);
                    break;
            }
        }
    }

    // chunk = chunk-size [ chunk-ext ] CRLF chunk-data CRLF   RFC 9112 §7.1
    private void ReadByte(byte value)
    {
        switch (_stage)
        {
            case Stage.Size:
                ReadSize(value);
                break;
            case Stage.BeforeExtension:
                // BWS before ";" is the only white space that may follow a size   RFC 9112 §7.1.1
                if (value == (byte)';')
                {
                    _stage = Stage.Extension;
                }
                else if (!FieldSyntax.IsWhiteSpace(value))
                {
                    Reject(Rejection.InvalidChunkSize);
                }
                else if (++_extensionBytes > MaxExtensionBytes)
                {
                    Reject(Rejection.ChunkExtensionTooLong);
                }

                break;
            case Stage.SizeLineFeed:
                Expect(value, (byte)'\n', AfterSize(), Rejection.BareCarriageReturn);
                break;
            case Stage.ContentCarriageReturn:
                Expect(value, (byte)'\r', Stage.ContentLineFeed, Rejection.MissingChunkEnd);
                break;
            default:
                Expect(value, (byte)'\n', Stage.Size, Rejection.MissingChunkEnd);
                break;
        }
    }

    // chunk-size = 1*HEXDIG; last-chunk = 1*( "0" ) [ chunk-ext ] CRLF   RFC 9112 §7.1
    private void ReadSize(byte value)
    {
        if (char.IsAsciiHexDigit((char)value))
        {
            if (_digits == MaxDigits || _remaining > long.MaxValue >> 4)
            {
                Reject(Rejection.InvalidChunkSize);
                return;
            }

            _digits++;
            _remaining = (_remaining << 4) | (uint)Digit(value);
        }
        else if (value == (byte)'\n')
        {
            Reject(Rejection.BareLineFeed);
        }
        else if (_digits == 0)
        {
            Reject(Rejection.InvalidChunkSize);
        }
        else if (value == (byte)'\r')
        {
            _stage = Stage.SizeLineFeed;
        }
        else if (value == (byte)';')
        {
            _stage = Stage.Extension;
        }
        else if (FieldSyntax.IsWhiteSpace(value))
        {
            _extensionBytes++;
            _stage = Stage.BeforeExtension;
        }
        else
        {
            Reject(Rejection.InvalidChunkSize);
        }
    }

    // chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )   RFC 9112 §7.1.1
    // An extension nobody understands is skipped; all that matters is that everyone sees the same end of the line.
    private void ReadExtension(ReadOnlySpan<byte> input, ref int consumed)
    {
        int room = Math.Min(input.Length - consumed, MaxExtensionBytes - _extensionBytes + 1);
        int control = FieldSyntax.IndexOfControl(input.Slice(consumed, room));
        int length = control < 0 ? room : control;
        consumed += length;
        _extensionBytes += length;
        if (_extensionBytes > MaxExtensionBytes)
        {
            Reject(Rejection.ChunkExtensionTooLong);
        }
        else if (control >= 0)
        {
            byte end = input[consumed++];
            Expect(end, (byte)'\r', Stage.SizeLineFeed, end == (byte)'\n' ? Rejection.BareLineFeed : Rejection.InvalidChunkExtension);
        }
    }

    private Stage AfterSize()
    {
        _excess = Math.Max(0, _excess + _extensionBytes - _remaining);
        _extensionBytes = 0;
        _digits = 0;
        if (_excess > MaxExcessBytes)
        {
            Reject(Rejection.ChunkExtensionTooLong);
        }

        return _remaining == 0 ? Stage.Trailers : Stage.Content;
    }

    // trailer-section = *( field-line CRLF )   RFC 9112 §7.1.2
    private ChunkStatus ReadTrailers(ReadOnlySpan<byte> input, FieldList trailers, ref int consumed)
    {
        ReadOnlySpan<byte> section = input[consumed..];
        LineStatus status;
        while ((status = _lines.Next(section, TrailerEnd(), out int start, out int length)) == LineStatus.Line)
        {
            if (length == 0)
            {
                consumed += _lines.Start;
                _stage = Stage.Ended;
                return ChunkStatus.End;
            }

            Rejection fault = ++_trailers > MaxTrailers ? Rejection.TrailersTooLarge : ReadTrailer(section.Slice(start, length), trailers);
            if (fault != Rejection.None)
            {
                consumed += _lines.Start;
                Reject(fault);
                return ChunkStatus.Rejected;
            }
        }

        if (status != LineStatus.NeedMore)
        {
            Reject(status == LineStatus.TooLong
                ? Rejection.TrailersTooLarge
                : RequestHeadParser.FaultOfField(status, section[_lines.Start.._lines.Scanned]));
            return ChunkStatus.Rejected;
        }

        consumed += _lines.Start;
        _trailerBytes += _lines.Start;
        _lines.Rebase();
        return ChunkStatus.NeedMore;
    }

    // The line is bounded too: it is what a caller's buffer must hold.
    private readonly int TrailerEnd() => Math.Min(MaxTrailerBytes - _trailerBytes, _lines.Start + MaxTrailerLineBytes);

    private static Rejection ReadTrailer(ReadOnlySpan<byte> line, FieldList trailers)
    {
        Rejection fault = FieldSyntax.Split(line, spaceBeforeColon: false, out int nameLength, out int valueOffset, out int valueLength);
        if (fault == Rejection.None && !TrailerFields.IsForbidden(line[..nameLength]))
        {
            trailers.AddOwn(line[..nameLength], line.Slice(valueOffset, valueLength), KnownField.Other);
        }

        return fault;
    }

    private static int Digit(byte hex) => hex <= (byte)'9' ? hex - '0' : (hex | 0x20) - 'a' + 10;

    private void Expect(byte value, byte expected, Stage next, Rejection otherwise)
    {
        if (value != expected)
        {
            Reject(otherwise);
        }
        else if (Rejection == Rejection.None)
        {
            _stage = next;
        }
    }

    private void Reject(Rejection rejection)
    {
        Rejection = rejection;
        _stage = Stage.Rejected;
    }
}
