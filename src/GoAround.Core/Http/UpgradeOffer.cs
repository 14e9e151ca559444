using System;
using System.Text;

namespace GoAround.Core.Http;

/// <summary>Whether a 101 says what the client asked for: a server must not switch to a protocol that was not offered (RFC 9110 §7.8).</summary>
internal static class UpgradeOffer
{
    /// <summary>The value of Upgrade is a list of proper names, and <c>h2c</c> is not among them.</summary>
    /// <remarks>
    /// RFC 9113 §3.1 withdrew the upgrade to h2c. Passing it on would let a client open, behind this balancer, a
    /// connection on which its requests are seen by nobody but the backend.
    /// </remarks>
    // Upgrade = #protocol; protocol = protocol-name [ "/" protocol-version ]   RFC 9110 §7.8
    public static bool IsProper(ReadOnlySpan<byte> offered)
    {
        ListReader protocols = new(offered);
        while (protocols.TryNext(out ReadOnlySpan<byte> protocol))
        {
            if (Ascii.EqualsIgnoreCase(protocol, "h2c"u8) || !IsProtocol(protocol))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The answer names at least one protocol, and none that the offer does not name; versions may differ.</summary>
    /// <param name="offered">The value of Upgrade in the request; empty where there was none.</param>
    /// <param name="answered">The same of the response.</param>
    public static bool Covers(ReadOnlySpan<byte> offered, ReadOnlySpan<byte> answered)
    {
        if (offered.IsEmpty || answered.IsEmpty)
        {
            return false;
        }

        ListReader answers = new(answered);
        while (answers.TryNext(out ReadOnlySpan<byte> answer))
        {
            if (!IsOffered(offered, NameOf(answer)))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsOffered(ReadOnlySpan<byte> offered, ReadOnlySpan<byte> name)
    {
        ListReader offers = new(offered);
        while (offers.TryNext(out ReadOnlySpan<byte> offer))
        {
            if (Ascii.EqualsIgnoreCase(NameOf(offer), name))
            {
                return true;
            }
        }

        return false;
    }

    // protocol-name = token; protocol-version = token   RFC 9110 §7.8
    private static bool IsProtocol(ReadOnlySpan<byte> protocol)
    {
        int slash = protocol.IndexOf((byte)'/');
        return slash < 0
            ? FieldSyntax.IsToken(protocol)
            : FieldSyntax.IsToken(protocol[..slash]) && FieldSyntax.IsToken(protocol[(slash + 1)..]);
    }

    // protocol = protocol-name [ "/" protocol-version ]   RFC 9110 §7.8
    private static ReadOnlySpan<byte> NameOf(ReadOnlySpan<byte> protocol)
    {
        int slash = protocol.IndexOf((byte)'/');
        return slash < 0 ? protocol : protocol[..slash];
    }
}
