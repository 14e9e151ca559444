using System;

namespace GoAround.Core.Http;

/// <summary>
/// Parses one response head from bytes that come in pieces; <c>default</c> is its start. It looks at no byte twice and keeps
/// offsets only, so the buffer may move between two calls.
/// </summary>
internal struct ResponseHeadParser
{
    // "HTTP/1.1 200"
    private const int CodeOffset = VersionSyntax.LengthBytes + 1;
    private const int CodeEnd = CodeOffset + 3;

    private LineScanner _lines;
    private ResponseLayout _layout;
    private int _fields;
    private bool _hasLine;

    /// <summary>Why the head was refused; stays until the parser is set to <c>default</c>.</summary>
    public Rejection Rejection { get; private set; }

    /// <summary>Goes on with the head. After Complete the parser is set to <c>default</c> for the next one, also after a 1xx.</summary>
    /// <param name="received">Begins with the first byte behind the last message, and has at least the bytes of the last call.</param>
    /// <param name="head">The same in every call for one head, and reset before the first.</param>
    /// <param name="isHeadRequest">The request's method was HEAD: the response has no body.</param>
    /// <param name="limits">The same in every call for one head. With MaxHeadBytes received, the answer is never NeedMore.</param>
    // HTTP-message = start-line CRLF *( field-line CRLF ) CRLF [ message-body ]   RFC 9112 §2.1
    public ParseStatus Parse(ReadOnlySpan<byte> received, ResponseHead head, bool isHeadRequest, in HeadLimits limits)
    {
        if (Rejection != Rejection.None)
        {
            return ParseStatus.Rejected;
        }

        if (!_hasLine)
        {
            ParseStatus status = ReadLine(received, in limits);
            if (status != ParseStatus.Complete)
            {
                return status;
            }
        }

        while (true)
        {
            Rejection fault;
            if (_lines.TryUsualField(received, limits.MaxHeadBytes, out int start, out int nameLength, out int valueLength))
            {
                fault = ++_fields > limits.MaxFields
                    ? Rejection.TooManyFields
                    : TakeField(received, start, nameLength, start + nameLength + 2, valueLength, head.Fields);
            }
            else
            {
                LineStatus status = _lines.Next(received, limits.MaxHeadBytes, out start, out int length);
                if (status != LineStatus.Line)
                {
                    return status == LineStatus.NeedMore
                        ? ParseStatus.NeedMore
                        : Reject(RequestHeadParser.FaultOfField(status, received[start.._lines.Scanned]));
                }

                if (length == 0)
                {
                    return Finish(received, head, isHeadRequest);
                }

                fault = ++_fields > limits.MaxFields ? Rejection.TooManyFields : ReadField(received, start, length, head.Fields);
            }

            if (fault != Rejection.None)
            {
                return Reject(fault);
            }
        }
    }

    private ParseStatus ReadLine(ReadOnlySpan<byte> received, in HeadLimits limits)
    {
        int maxEnd = (int)Math.Min((long)limits.MaxLineBytes + 2, limits.MaxHeadBytes);
        LineStatus status = _lines.Next(received, maxEnd, out int start, out int length);
        if (status == LineStatus.Line)
        {
            _hasLine = true;
            Rejection fault = ReadStatus(received.Slice(start, length));
            return fault == Rejection.None ? ParseStatus.Complete : Reject(fault);
        }

        return status switch
        {
            LineStatus.NeedMore => ParseStatus.NeedMore,
            LineStatus.TooLong => Reject(maxEnd == limits.MaxHeadBytes ? Rejection.HeadTooLarge : Rejection.StatusLineTooLong),
            LineStatus.BareLineFeed => Reject(Rejection.BareLineFeed),
            LineStatus.BareCarriageReturn => Reject(Rejection.BareCarriageReturn),
            _ => Reject(Rejection.InvalidStatusLine),
        };
    }

    // status-line = HTTP-version SP status-code SP [ reason-phrase ]   RFC 9112 §4
    // The second space may be missing where no reason follows, as many backends have it.
    private Rejection ReadStatus(ReadOnlySpan<byte> line)
    {
        if (line.Length < CodeEnd || line[CodeOffset - 1] != (byte)' ' || (line.Length > CodeEnd && line[CodeEnd] != (byte)' '))
        {
            return Rejection.InvalidStatusLine;
        }

        Rejection fault = VersionSyntax.Read(line[..VersionSyntax.LengthBytes], out _layout.Version);
        if (fault != Rejection.None)
        {
            return fault;
        }

        // status-code = 3DIGIT; its first digit is its class, 1 to 5   RFC 9110 §15
        int hundreds = line[CodeOffset] - '0';
        int tens = line[CodeOffset + 1] - '0';
        int ones = line[CodeOffset + 2] - '0';
        if (hundreds is < 1 or > 5 || (uint)tens > 9 || (uint)ones > 9)
        {
            return Rejection.InvalidStatusLine;
        }

        _layout.StatusCode = (hundreds * 100) + (tens * 10) + ones;
        _layout.ReasonOffset = Math.Min(CodeEnd + 1, line.Length);
        _layout.ReasonLength = line.Length - _layout.ReasonOffset;
        return Rejection.None;
    }

    private Rejection ReadField(ReadOnlySpan<byte> received, int start, int length, FieldList fields)
    {
        // A proxy takes the white space out of a response that it refuses in a request   RFC 9112 §5.1
        Rejection fault = FieldSyntax.Split(
            received.Slice(start, length), spaceBeforeColon: true, out int nameLength, out int valueOffset, out int valueLength);
        return fault == Rejection.None ? TakeField(received, start, nameLength, start + valueOffset, valueLength, fields) : fault;
    }

    private Rejection TakeField(ReadOnlySpan<byte> received, int start, int nameLength, int valueStart, int valueLength, FieldList fields)
    {
        ReadOnlySpan<byte> name = received.Slice(start, nameLength);
        KnownField known = FieldNames.Recognise(name);
        if (known != KnownField.Other
            && _layout.Connection.TryTake(known, received.Slice(valueStart, valueLength), valueStart, repeatedLength: true, out Rejection fault))
        {
            return fault;
        }

        if (received[start + nameLength] == (byte)':')
        {
            fields.AddBorrowed(start, nameLength, valueStart, valueLength, known);
        }
        else
        {
            fields.AddOwn(name, received.Slice(valueStart, valueLength), known);
        }

        return Rejection.None;
    }

    private ParseStatus Finish(ReadOnlySpan<byte> received, ResponseHead head, bool isHeadRequest)
    {
        Rejection fault = _layout.Connection.CheckFraming(_layout.Version);
        if (fault != Rejection.None)
        {
            return Reject(fault);
        }

        _layout.Framing = FramingOf(isHeadRequest);
        _layout.KeepAlive = _layout.Framing != BodyFraming.UntilClose && _layout.StatusCode != 101 && !AnnouncesForbiddenBody() && _layout.Connection.Persists(_layout.Version);
        _layout.OffersUpgrade = _layout.Connection.OffersUpgrade(received, _layout.Version);
        _layout.Length = _lines.Start;
        _layout.Connection.RemoveNamed(head.Fields, received);
        head.Accept(in _layout);
        return ParseStatus.Complete;
    }

    // RFC 9112 §6.3
    private readonly BodyFraming FramingOf(bool isHeadRequest)
    {
        if (isHeadRequest || _layout.StatusCode is < 200 or 204 or 304)
        {
            return BodyFraming.None;
        }

        return _layout.Connection.IsChunked ? BodyFraming.Chunked
            : _layout.Connection.HasLength ? BodyFraming.Length
            : BodyFraming.UntilClose;
    }

    /// <summary>A 204 that announces a body is likely to send it: nothing that follows is to be trusted.</summary>
    private readonly bool AnnouncesForbiddenBody() => _layout.StatusCode == 204 && (_layout.Connection.IsChunked || _layout.Connection.Length > 0);

    private ParseStatus Reject(Rejection rejection)
    {
        Rejection = rejection;
        return ParseStatus.Rejected;
    }
}
