using System;
using System.Text;

namespace GoAround.Core.Http;

/// <summary>Which fields mean nothing, or something dangerous, once the content has been sent (RFC 9110 §6.5.1).</summary>
internal static class TrailerFields
{
    /// <summary>Framing, routing, authentication, request modifiers, response control and content fields: they are dropped from trailers.</summary>
    public static bool IsForbidden(ReadOnlySpan<byte> name)
    {
        KnownField known = FieldNames.Recognise(name);
        if (known is KnownField.ProxyAuthenticate or KnownField.ProxyAuthorization or KnownField.Trailer || EndToEndFields.Contains(name, known))
        {
            return true;
        }

        return name.Length switch
        {
            7 => Ascii.EqualsIgnoreCase(name, "Warning"u8),
            11 => Ascii.EqualsIgnoreCase(name, "Retry-After"u8),
            12 => Ascii.EqualsIgnoreCase(name, "Max-Forwards"u8),
            _ => false,
        };
    }
}
