using System;
using System.Text;

namespace GoAround.Core.Http;

/// <summary>
/// Parses one request head from bytes that come in pieces; <c>default</c> is its start. It looks at no byte twice and keeps
/// offsets only, so the buffer may move between two calls. Strict: what two readers could read differently is refused.
/// </summary>
internal struct RequestHeadParser
{
    // Old clients send CRLF behind a body; "at least one" shall be ignored.   RFC 9112 §2.2
    private const int MaxEmptyLines = 2;

    private LineScanner _lines;
    private RequestLayout _layout;
    private int _fields;
    private int _emptyLines;
    private bool _hasLine;
    private bool _hasHost;

    /// <summary>Why the head was refused; stays until the parser is set to <c>default</c>.</summary>
    public Rejection Rejection { get; private set; }

    /// <summary>At least one byte of a request line was seen.</summary>
    public bool HasStarted { get; private set; }

    /// <summary>Goes on with the head. After Complete the parser is set to <c>default</c> for the next one.</summary>
    /// <param name="received">Begins with the first byte behind the last message, and has at least the bytes of the last call.</param>
    /// <param name="head">The same in every call for one head, and reset before the first.</param>
    /// <param name="limits">The same in every call for one head. With MaxHeadBytes received, the answer is never NeedMore.</param>
    // HTTP-message = start-line CRLF *( field-line CRLF ) CRLF [ message-body ]   RFC 9112 §2.1
    public ParseStatus Parse(ReadOnlySpan<byte> received, RequestHead head, in HeadLimits limits)
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
                    return status == LineStatus.NeedMore ? ParseStatus.NeedMore : Reject(FaultOfField(status, received[start.._lines.Scanned]));
                }

                if (length == 0)
                {
                    return Finish(received, head);
                }

                fault = ++_fields > limits.MaxFields ? Rejection.TooManyFields : ReadField(received, start, length, head.Fields);
            }

            if (fault != Rejection.None)
            {
                return Reject(fault);
            }
        }
    }

    /// <summary>Which fault a line of fields has that does not end as it should.</summary>
    internal static Rejection FaultOfField(LineStatus status, ReadOnlySpan<byte> line) => status switch
    {
        LineStatus.TooLong => Rejection.HeadTooLarge,
        LineStatus.BareLineFeed => Rejection.BareLineFeed,
        LineStatus.BareCarriageReturn => Rejection.BareCarriageReturn,
        _ => line.Contains((byte)':') ? Rejection.InvalidFieldValue : Rejection.InvalidFieldName,
    };

    private ParseStatus ReadLine(ReadOnlySpan<byte> received, in HeadLimits limits)
    {
        while (true)
        {
            int maxEnd = (int)Math.Min((long)_lines.Start + limits.MaxLineBytes + 2, limits.MaxHeadBytes);
            LineStatus status = _lines.Next(received, maxEnd, out int start, out int length);
            HasStarted = received.Length > start && received[start] != (byte)'\r';
            if (status != LineStatus.Line)
            {
                return status == LineStatus.NeedMore ? ParseStatus.NeedMore : Reject(FaultOfLine(status, received[start.._lines.Scanned], maxEnd == limits.MaxHeadBytes));
            }

            if (length > 0)
            {
                _hasLine = true;
                _layout.LineOffset = start;
                Rejection fault = RequestLine.Read(received.Slice(start, length), out _layout.Line);
                return fault == Rejection.None ? ParseStatus.Complete : Reject(fault);
            }

            if (++_emptyLines > MaxEmptyLines)
            {
                return Reject(Rejection.InvalidRequestLine);
            }
        }
    }

    private static Rejection FaultOfLine(LineStatus status, ReadOnlySpan<byte> line, bool headIsFull) => status switch
    {
        LineStatus.TooLong when !headIsFull => line.Contains((byte)' ') ? Rejection.RequestLineTooLong : Rejection.MethodTooLong,
        LineStatus.TooLong => Rejection.HeadTooLarge,
        LineStatus.BareLineFeed => Rejection.BareLineFeed,
        LineStatus.BareCarriageReturn => Rejection.BareCarriageReturn,
        _ => line.Contains((byte)' ') ? Rejection.InvalidTarget : Rejection.InvalidMethod,
    };

    private Rejection ReadField(ReadOnlySpan<byte> received, int start, int length, FieldList fields)
    {
        Rejection fault = FieldSyntax.Split(
            received.Slice(start, length), spaceBeforeColon: false, out int nameLength, out int valueOffset, out int valueLength);
        return fault == Rejection.None ? TakeField(received, start, nameLength, start + valueOffset, valueLength, fields) : fault;
    }

    private Rejection TakeField(ReadOnlySpan<byte> received, int start, int nameLength, int valueStart, int valueLength, FieldList fields)
    {
        ReadOnlySpan<byte> name = received.Slice(start, nameLength);
        KnownField known = FieldNames.Recognise(name);
        if (known != KnownField.Other)
        {
            if (TryTake(known, received.Slice(valueStart, valueLength), valueStart, out Rejection fault))
            {
                return fault;
            }
        }
        else if (IsAmbiguous(name))
        {
            return Rejection.AmbiguousFieldName;
        }

        fields.AddBorrowed(start, nameLength, valueStart, valueLength, known);
        return Rejection.None;
    }

    /// <summary>A name that some take for one that frames the body: backends that turn names into variables (CGI, WSGI) do not tell Content_Length from Content-Length.</summary>
    internal static bool IsAmbiguous(ReadOnlySpan<byte> name) =>
        (name.Length == 14 && name[7] == (byte)'_' && Ascii.EqualsIgnoreCase(name, "Content_Length"u8))
        || (name.Length == 17 && name[8] == (byte)'_' && Ascii.EqualsIgnoreCase(name, "Transfer_Encoding"u8));

    private bool TryTake(KnownField known, ReadOnlySpan<byte> value, int valueOffset, out Rejection fault)
    {
        fault = Rejection.None;
        switch (known)
        {
            case KnownField.Host:
                fault = TakeHost(value, valueOffset);
                return true;
            case KnownField.Expect when NamesContinue(value):
                // A client of HTTP/1.0 cannot be sent 100: its expectation is ignored, and not passed on   RFC 9110 §10.1.1
                _layout.ExpectsContinue = _layout.Line.Version == ProtocolVersion.Http11;
                return !_layout.ExpectsContinue;
            default:
                return _layout.Connection.TryTake(known, value, valueOffset, repeatedLength: false, out fault);
        }
    }

    // Expect = #expectation   RFC 9110 §10.1.1

    /// <summary>The value of an Expect that the client waits for 100 (Continue) with.</summary>
    internal static bool NamesContinue(ReadOnlySpan<byte> value)
    {
        ListReader expectations = new(value);
        while (expectations.TryNext(out ReadOnlySpan<byte> expectation))
        {
            if (Ascii.EqualsIgnoreCase(expectation, "100-continue"u8))
            {
                return true;
            }
        }

        return false;
    }

    // RFC 9112 §3.2: more than one, or an invalid one, is refused, also where an absolute target overrides it
    private Rejection TakeHost(ReadOnlySpan<byte> value, int valueOffset)
    {
        if (_hasHost)
        {
            return Rejection.DuplicateHost;
        }

        _hasHost = true;
        _layout.AuthorityOffset = valueOffset;
        _layout.AuthorityLength = value.Length;
        return HostSyntax.IsValid(value) ? Rejection.None : Rejection.InvalidHost;
    }

    private ParseStatus Finish(ReadOnlySpan<byte> received, RequestHead head)
    {
        if (!_hasHost && _layout.Line.Version == ProtocolVersion.Http11)
        {
            return Reject(Rejection.MissingHost);
        }

        Rejection fault = _layout.Connection.CheckFraming(_layout.Line.Version);
        if (fault != Rejection.None)
        {
            return Reject(fault);
        }

        if (_layout.Line.AuthorityLength > 0)
        {
            _layout.AuthorityOffset = _layout.LineOffset + _layout.Line.AuthorityOffset;
            _layout.AuthorityLength = _layout.Line.AuthorityLength;
        }

        // Neither field: a request then has no body   RFC 9112 §6.3
        _layout.Framing = _layout.Connection.IsChunked ? BodyFraming.Chunked
            : _layout.Connection.HasLength ? BodyFraming.Length
            : BodyFraming.None;
        if (_layout.HasBody && received.Slice(_layout.LineOffset, _layout.Line.MethodLength).SequenceEqual("TRACE"u8))
        {
            return Reject(Rejection.TraceWithBody); // RFC 9110 §9.3.8
        }

        _layout.ExpectsContinue &= _layout.HasBody;
        _layout.OffersUpgrade = _layout.Connection.OffersUpgrade(received, _layout.Line.Version);
        _layout.Length = _lines.Start;
        _layout.Connection.RemoveNamed(head.Fields, received);
        head.Accept(in _layout);
        return ParseStatus.Complete;
    }

    private ParseStatus Reject(Rejection rejection)
    {
        Rejection = rejection;
        return ParseStatus.Rejected;
    }
}
