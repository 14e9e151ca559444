using System;
using System.Text;

namespace GoAround.Core.Http;

/// <summary>
/// What the fields of a head said about its connection and its framing. Takes those fields out, so that only end-to-end
/// fields stay in the list (RFC 9110 §7.6.1), and decides the framing before anything is removed.
/// </summary>
/// <remarks>
/// Proxy-Authenticate and Proxy-Authorization stay: in front of origin servers nobody but the backend can act on them.
/// Trailer stays: trailers are passed on. Date, Via, Forwarded and the like stay untouched.
/// </remarks>
internal struct ConnectionFields
{
    private const int SafeDigits = 18; // a number of so many is below 2^63

    // Nothing real names more than a handful; each one costs a walk over all fields.
    private const int MaxOptions = 64;

    private bool _hasTransferEncoding;
    private bool _hasUnknownCoding;
    private bool _chunked;
    private bool _namesFields;
    private int _options;

    /// <summary>Connection names <c>close</c>.</summary>
    public bool Close { get; private set; }

    /// <summary>Connection names <c>keep-alive</c>.</summary>
    public bool KeepAlive { get; private set; }

    /// <summary>Connection names <c>upgrade</c>.</summary>
    public bool Upgrade { get; private set; }

    /// <summary>TE names <c>trailers</c>.</summary>
    public bool AcceptsTrailers { get; private set; }

    /// <summary>There was a valid Content-Length.</summary>
    public bool HasLength { get; private set; }

    /// <summary>What Content-Length said; 0 where there was none.</summary>
    public long Length { get; private set; }

    /// <summary>Where the first Upgrade value stands.</summary>
    public int UpgradeOffset { get; private set; }

    /// <summary>Bytes of the first Upgrade value; 0 where there was none.</summary>
    public int UpgradeLength { get; private set; }

    /// <summary>Connection names fields of its own: such a field must not be passed on, neither in the head nor as a trailer (RFC 9110 §7.6.1).</summary>
    public readonly bool NamesFields => _namesFields;

    /// <summary>The body is chunked; only asked once <see cref="CheckFraming"/> found no fault.</summary>
    public readonly bool IsChunked => _chunked;

    /// <summary>Takes one field in; false where it is end-to-end and belongs in the list.</summary>
    /// <param name="known">Which field it is.</param>
    /// <param name="value">Its value, trimmed.</param>
    /// <param name="valueOffset">Where the value stands in the head.</param>
    /// <param name="repeatedLength">The same Content-Length may stand twice, in two lines or one, as old backends do it.</param>
    /// <param name="rejection">Why the message must be refused.</param>
    public bool TryTake(KnownField known, ReadOnlySpan<byte> value, int valueOffset, bool repeatedLength, out Rejection rejection)
    {
        rejection = Rejection.None;
        switch (known)
        {
            case KnownField.Connection:
                // A Connection that names fields waits in the list until all of them have come, see RemoveNamed.
                bool namesFields = TakeConnection(value, ref rejection);
                _namesFields |= namesFields;
                return !namesFields;
            case KnownField.ContentLength:
                rejection = TakeLength(value, repeatedLength);
                return true;
            case KnownField.TransferEncoding:
                rejection = TakeTransferEncoding(value);
                return true;
            case KnownField.Te:
                TakeTe(value);
                return true;
            case KnownField.Upgrade:
                TakeUpgrade(value, valueOffset);
                return true;
            case KnownField.KeepAlive:
            case KnownField.ProxyConnection:
                return true;
            default:
                return false;
        }
    }

    /// <summary>Once all fields were taken in: whether they agree on one framing.</summary>
    // RFC 9112 §6.1, §6.3
    public readonly Rejection CheckFraming(ProtocolVersion version)
    {
        if (!_hasTransferEncoding)
        {
            return Rejection.None;
        }

        if (version == ProtocolVersion.Http10)
        {
            return Rejection.TransferEncodingInHttp10;
        }

        if (HasLength)
        {
            return Rejection.LengthAndTransferEncoding;
        }

        return _hasUnknownCoding ? Rejection.UnknownTransferCoding : Rejection.None;
    }

    /// <summary>Once all fields were taken in: whether the connection can be used again after this message.</summary>
    // RFC 9112 §9.3
    public readonly bool Persists(ProtocolVersion version) => !Close && (version == ProtocolVersion.Http11 || KeepAlive);

    /// <summary>Once all fields were taken in: whether an upgrade is offered or agreed to, by proper names.</summary>
    public readonly bool OffersUpgrade(ReadOnlySpan<byte> head, ProtocolVersion version) =>
        Upgrade && UpgradeLength > 0 && version == ProtocolVersion.Http11 && UpgradeOffer.IsProper(head.Slice(UpgradeOffset, UpgradeLength));

    /// <summary>Once all fields were taken in: removes the fields that Connection named, and Connection itself.</summary>
    public readonly void RemoveNamed(FieldList fields, ReadOnlySpan<byte> head)
    {
        if (!_namesFields)
        {
            return;
        }

        for (int i = fields.Count - 1; i >= 0; i--)
        {
            if (fields.KnownAt(i) != KnownField.Connection && IsNamed(fields, head, fields.LineAt(i, head).Name))
            {
                fields.RemoveAt(i);
            }
        }

        for (int i = fields.Count - 1; i >= 0; i--)
        {
            if (fields.KnownAt(i) == KnownField.Connection)
            {
                fields.RemoveAt(i);
            }
        }
    }

    private static bool IsNamed(FieldList fields, ReadOnlySpan<byte> head, ReadOnlySpan<byte> name)
    {
        for (int i = 0; i < fields.Count; i++)
        {
            if (fields.KnownAt(i) != KnownField.Connection)
            {
                continue;
            }

            ListReader options = new(fields.LineAt(i, head).Value);
            while (options.TryNext(out ReadOnlySpan<byte> option))
            {
                if (Ascii.EqualsIgnoreCase(option, name))
                {
                    return !EndToEndFields.Contains(name, FieldNames.Recognise(name));
                }
            }
        }

        return false;
    }

    // Connection = #connection-option; connection-option = token   RFC 9110 §7.6.1
    private bool TakeConnection(ReadOnlySpan<byte> value, ref Rejection rejection)
    {
        bool namesFields = false;
        ListReader options = new(value);
        while (options.TryNext(out ReadOnlySpan<byte> option))
        {
            switch (option.Length)
            {
                case 10 when FieldNames.IsSame(option, "keep-alive"u8):
                    KeepAlive = true;
                    break;
                case 5 when FieldNames.IsSame(option, "close"u8):
                    Close = true;
                    break;
                case 7 when FieldNames.IsSame(option, "upgrade"u8):
                    Upgrade = true;
                    break;
                case 0:
                case 2 when FieldNames.IsSame(option, "te"u8):
                    break;
                default:
                    namesFields = true;
                    break;
            }

            if (++_options > MaxOptions)
            {
                rejection = Rejection.TooManyConnectionOptions;
                return false;
            }
        }

        return namesFields;
    }

    // Content-Length = 1*DIGIT   RFC 9110 §8.6. More than one, or a list, may be refused (RFC 9112 §6.3), and is in a request;
    // of a response lines and lists of one and the same length are taken for that length.
    private Rejection TakeLength(ReadOnlySpan<byte> value, bool repeatedLength)
    {
        if (!HasLength && TryReadLength(value, out long only))
        {
            HasLength = true;
            Length = only;
            return Rejection.None;
        }

        ListReader lengths = new(value);
        while (lengths.TryNext(out ReadOnlySpan<byte> element))
        {
            if (!TryReadLength(repeatedLength ? element : value, out long length))
            {
                return Rejection.InvalidContentLength;
            }

            if (HasLength && (!repeatedLength || length != Length))
            {
                return Rejection.ConflictingContentLength;
            }

            HasLength = true;
            Length = length;
        }

        return Rejection.None;
    }

    private static bool TryReadLength(ReadOnlySpan<byte> value, out long length)
    {
        length = 0;
        foreach (byte digit in value)
        {
            int number = digit - '0';
            if ((uint)number > 9 || (value.Length > SafeDigits && length > (long.MaxValue - number) / 10))
            {
                return false;
            }

            length = (length * 10) + number;
        }

        return !value.IsEmpty;
    }

    // Transfer-Encoding = #transfer-coding; transfer-coding = token *( OWS ";" OWS transfer-parameter )   RFC 9112 §6.1, RFC 9110 §10.1.4
    // More than one line is one list. Only `chunked` alone is taken: whoever sends another coding here was not asked to (TE is taken out).
    private Rejection TakeTransferEncoding(ReadOnlySpan<byte> value)
    {
        _hasTransferEncoding = true;
        ListReader codings = new(value);
        while (codings.TryNext(out ReadOnlySpan<byte> coding))
        {
            if (!FieldSyntax.IsToken(coding))
            {
                return Rejection.InvalidTransferEncoding;
            }

            if (_chunked)
            {
                return Rejection.ChunkedNotLast;
            }

            _chunked = Ascii.EqualsIgnoreCase(coding, "chunked"u8);
            _hasUnknownCoding |= !_chunked;
        }

        return Rejection.None;
    }

    // TE = #t-codings; t-codings = "trailers" / ( transfer-coding [ weight ] )   RFC 9110 §10.1.4
    private void TakeTe(ReadOnlySpan<byte> value)
    {
        ListReader codings = new(value);
        while (codings.TryNext(out ReadOnlySpan<byte> coding))
        {
            AcceptsTrailers |= Ascii.EqualsIgnoreCase(coding, "trailers"u8);
        }
    }

    // The lines of one list stand apart in the head, and only one is lent: a shorter offer, in the sender's order, is still an offer.
    private void TakeUpgrade(ReadOnlySpan<byte> value, int valueOffset)
    {
        if (UpgradeLength == 0)
        {
            UpgradeOffset = valueOffset;
            UpgradeLength = value.Length;
        }
    }
}
