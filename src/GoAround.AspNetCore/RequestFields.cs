using System;
using System.Collections.Generic;
using System.Text;
using GoAround.Core.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace GoAround.AspNetCore;

/// <summary>
/// Takes the fields of a request over: the end-to-end ones into a list, and of the others what they said. The same is taken out, and refused, as in
/// a head that the library's own server reads; framing is the server's.
/// </summary>
/// <param name="version">What the client speaks.</param>
internal ref struct RequestFields(ProtocolVersion version)
{
    private ConnectionFields _connection;
    private int _hostOffset;
    private int _hostLength;
    private bool _hasHost;

    /// <summary>The client waits for 100 (Continue), where it has a body to send.</summary>
    public bool ExpectsContinue { get; private set; }

    /// <summary>The client accepts trailers.</summary>
    public readonly bool AcceptsTrailers => _connection.AcceptsTrailers && version != ProtocolVersion.Http10;

    /// <summary>Connection names fields: trailers, which may have such a name, are not passed on (RFC 9110 §7.6.1).</summary>
    public readonly bool DropsTrailers => _connection.NamesFields;

    /// <summary>Reads them all.</summary>
    /// <param name="context">The request.</param>
    /// <param name="fields">Where the end-to-end fields go; Host is not among them.</param>
    /// <param name="text">Where bytes go that are needed besides.</param>
    public Rejection Read(HttpContext context, FieldList fields, ref TextBytes text)
    {
        foreach (KeyValuePair<string, StringValues> field in context.Request.Headers)
        {
            StringValues values = field.Value;
            if (values.Count > 1 && field.Key.Equals("Cookie", StringComparison.OrdinalIgnoreCase))
            {
                values = string.Join("; ", values.ToArray()); // crumbs of HTTP/2 are one line in HTTP/1.1   RFC 9113 §8.2.3
            }

            for (int i = 0; i < values.Count && !field.Key.StartsWith(':'); i++)
            {
                Rejection fault = Take(context, field.Key, values[i] ?? "", fields, ref text);
                if (fault != Rejection.None)
                {
                    return fault;
                }
            }
        }

        _connection.RemoveNamed(fields, default);
        return Rejection.None;
    }

    /// <summary>The value of Host; empty where there is none.</summary>
    public readonly ReadOnlyMemory<byte> Host(in TextBytes text) => text.Slice(_hostOffset, _hostLength);

    /// <summary>The protocols that the client offers to upgrade to; empty where it offers none.</summary>
    public readonly ReadOnlyMemory<byte> Upgrade(in TextBytes text) =>
        _connection.OffersUpgrade(text.Span, version) ? text.Slice(_connection.UpgradeOffset, _connection.UpgradeLength) : default;

    private Rejection Take(HttpContext context, string name, string value, FieldList fields, ref TextBytes text)
    {
        int start = text.Length;
        if (!text.TryAppend(name) || text.Length - start > FieldSyntax.MaxNameBytes || !FieldSyntax.IsToken(text.Span[start..]))
        {
            return Rejection.InvalidFieldName;
        }

        int middle = text.Length;
        if (!text.TryAppend(value))
        {
            text.Append(value, KestrelEncodings.OfRequest(context, name));
        }

        ReadOnlySpan<byte> nameBytes = text.Span[start..middle];
        ReadOnlySpan<byte> valueBytes = FieldSyntax.Trim(text.Span[middle..]);
        KnownField known = FieldNames.Recognise(nameBytes);
        if (!FieldSyntax.IsValue(valueBytes))
        {
            return Rejection.InvalidFieldValue;
        }

        if (known == KnownField.Other && RequestHeadParser.IsAmbiguous(nameBytes))
        {
            return Rejection.AmbiguousFieldName;
        }

        if (!TryTake(known, nameBytes, valueBytes, middle, out Rejection fault))
        {
            fields.AddOwn(nameBytes, valueBytes, known);
        }

        if (known is not (KnownField.Host or KnownField.Upgrade))
        {
            text.Length = start;
        }

        return fault;
    }

    private bool TryTake(KnownField known, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, int valueOffset, out Rejection fault)
    {
        fault = Rejection.None;
        switch (known)
        {
            case KnownField.Host:
                fault = _hasHost ? Rejection.DuplicateHost : value.IsEmpty || HostSyntax.IsValid(value) ? Rejection.None : Rejection.InvalidHost;
                _hasHost = true;
                _hostOffset = valueOffset;
                _hostLength = value.Length;
                return true;
            case KnownField.Expect when RequestHeadParser.NamesContinue(value):
                ExpectsContinue = version != ProtocolVersion.Http10;
                return !ExpectsContinue;
            case KnownField.ContentLength or KnownField.TransferEncoding:
                return true; // the server has read them, and found that they agree
            case KnownField.Other when Ascii.EqualsIgnoreCase(name, "HTTP2-Settings"u8):
                return true; // Connection has named it, and Kestrel shows but one option of it   RFC 7540 §3.2.1
            default:
                return _connection.TryTake(known, value, valueOffset, repeatedLength: false, out fault);
        }
    }
}
