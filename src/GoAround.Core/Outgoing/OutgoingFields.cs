using System;
using System.Collections.Generic;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text;
using GoAround.Core.Http;

namespace GoAround.Core.Outgoing;

/// <summary>
/// Takes the fields of an HttpRequestMessage over. Those about the connection or the framing become properties of the request: the connections are the
/// pool's, and it frames anew (RFC 9110 §7.6.1).
/// </summary>
internal static class OutgoingFields
{
    private const int UsualLineBytes = 512;

    /// <summary>Takes over what the message says outside of its content.</summary>
    /// <exception cref="HttpRequestException">A field cannot stand on the wire.</exception>
    public static OutgoingFraming Accept(ProxyRequest request, HttpRequestHeaders headers)
    {
        OutgoingFraming framing = default;
        string? upgrade = null;
        foreach (KeyValuePair<string, HeaderStringValues> field in headers.NonValidated)
        {
            string value = field.Value.ToString(); // several values are joined as each field has it
            switch (KnownOf(field.Key))
            {
                case KnownField.Host:
                    break; // it is the authority
                case KnownField.Connection:
                    framing.Connection = value;
                    break;
                case KnownField.Upgrade:
                    upgrade = value;
                    break;
                case KnownField.KeepAlive or KnownField.ProxyConnection:
                    break;
                case KnownField.Te:
                    request.AcceptsTrailers |= Names(value, "trailers");
                    break;
                case KnownField.TransferEncoding:
                    framing.IsChunked = value.Equals("chunked", StringComparison.OrdinalIgnoreCase)
                        ? true
                        : throw new HttpRequestException($"The transfer coding '{value}' cannot be applied: of those only chunked is known.");
                    break;
                case KnownField.Expect when value.Equals("100-continue", StringComparison.OrdinalIgnoreCase):
                    framing.ExpectsContinue = true;
                    break;
                default:
                    Add(request.Fields, field.Key, value);
                    break;
            }
        }

        if (upgrade is not null && framing.Connection is not null && Names(framing.Connection, "upgrade"))
        {
            byte[] protocols = Encoding.Latin1.GetBytes(upgrade);
            request.UpgradeProtocol = UpgradeOffer.IsProper(protocols)
                ? protocols
                : throw new HttpRequestException("The field 'Upgrade' cannot be sent: it is no list of protocols, or h2c is among them, which was withdrawn (RFC 9113 §3.1).");
        }

        return framing;
    }

    /// <summary>Takes over what the message says about its content, but for its length.</summary>
    /// <exception cref="HttpRequestException">A field cannot stand on the wire.</exception>
    public static void Accept(ProxyRequest request, HttpContentHeaders headers)
    {
        foreach (KeyValuePair<string, HeaderStringValues> field in headers.NonValidated)
        {
            if (!field.Key.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
            {
                Add(request.Fields, field.Key, field.Value.ToString());
            }
        }
    }

    /// <summary>Adds one line, from text in Latin-1.</summary>
    /// <exception cref="HttpRequestException">It cannot stand on the wire.</exception>
    public static void Add(FieldList fields, string name, string value)
    {
        int length = name.Length + value.Length;
        Span<byte> bytes = length <= UsualLineBytes ? stackalloc byte[UsualLineBytes] : new byte[length];
        bytes = bytes[..length];
        Encoding.Latin1.GetBytes(name, bytes);
        Encoding.Latin1.GetBytes(value, bytes[name.Length..]);
        Span<byte> nameBytes = bytes[..name.Length];
        Span<byte> valueBytes = bytes[name.Length..];
        if (name.Length > FieldSyntax.MaxNameBytes || !FieldSyntax.IsToken(nameBytes) || !FieldSyntax.IsValue(valueBytes) || !IsLatin1(name) || !IsLatin1(value))
        {
            throw new HttpRequestException($"The field '{name}' cannot be sent: its value has control characters, or such as are not in Latin-1.");
        }

        fields.AddOwn(nameBytes, FieldSyntax.Trim(valueBytes), FieldNames.Recognise(nameBytes));
    }

    /// <summary>Once all fields were taken over: what Connection names is for the next hop only, and that is this pool.</summary>
    public static void RemoveNamed(FieldList fields, string connection)
    {
        foreach (Range element in connection.AsSpan().Split(','))
        {
            byte[] name = Encoding.Latin1.GetBytes(connection.AsSpan(element).Trim().ToString());
            if (name.Length > 0 && !EndToEndFields.Contains(name, FieldNames.Recognise(name)))
            {
                fields.Remove(name);
            }
        }
    }

    /// <summary>Every character is a byte on the wire.</summary>
    public static bool IsLatin1(string text) => !text.AsSpan().ContainsAnyExceptInRange('\0', '\xff');

    private static KnownField KnownOf(string name)
    {
        if (name.Length is 0 or > 64 || !Ascii.IsValid(name))
        {
            return KnownField.Other;
        }

        Span<byte> bytes = stackalloc byte[name.Length];
        Encoding.Latin1.GetBytes(name, bytes);
        return FieldNames.Recognise(bytes);
    }

    private static bool Names(string list, string wanted)
    {
        foreach (Range element in list.AsSpan().Split(','))
        {
            if (list.AsSpan(element).Trim().Equals(wanted, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
