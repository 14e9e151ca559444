using System;
using System.Text;

namespace GoAround.Core.Http;

/// <summary>Which fields mean nothing, or something dangerous, once the content has been sent (RFC 9110 §6.5.1).</summary>
internal static class TrailerFields
{
    /// <summary>Framing, routing, authentication, request modifiers, response control and content fields: they are dropped from trailers.</summary>
    public static bool IsForbidden(ReadOnlySpan<byte> name)
    {
        // These two are defined for trailers: only behind the content is it known what they say   RFC 9110 §8.8.3, RFC 9530 §2
        if (Ascii.EqualsIgnoreCase(name, "ETag"u8) || Ascii.EqualsIgnoreCase(name, "Content-Digest"u8))
        {
            return false;
        }

        KnownField known = FieldNames.Recognise(name);
        if (known is KnownField.ProxyAuthenticate or KnownField.ProxyAuthorization or KnownField.Trailer || EndToEndFields.Contains(name, known))
        {
            return true;
        }

        return name.Length switch
        {
            7 => Ascii.EqualsIgnoreCase(name, "Warning"u8),
            11 => Ascii.EqualsIgnoreCase(name, "Retry-After"u8),
            _ => RequestHeadParser.IsAmbiguous(name),
        };
    }
}
