using System;

namespace GoAround.Core.Http;

/// <summary>Reads the protocol version of a request or status line.</summary>
internal static class VersionSyntax
{
    /// <summary>Bytes of every version that is well formed.</summary>
    public const int LengthBytes = 8;

    /// <summary>Reads exactly these eight bytes.</summary>
    /// <remarks>
    /// HTTP/1.2 to HTTP/1.9 do not exist; they are taken for HTTP/1.1, the highest minor version known here, as
    /// RFC 9110 §2.5 asks and nginx and HAProxy do. Another major version has another wire form.
    /// </remarks>
    // HTTP-version = "HTTP" "/" DIGIT "." DIGIT   RFC 9112 §2.3
    public static Rejection Read(ReadOnlySpan<byte> bytes, out ProtocolVersion version)
    {
        version = ProtocolVersion.Http11;
        if (bytes.SequenceEqual("HTTP/1.1"u8))
        {
            return Rejection.None;
        }

        if (bytes.Length != LengthBytes || !bytes.StartsWith("HTTP/"u8)
            || !char.IsAsciiDigit((char)bytes[5]) || bytes[6] != (byte)'.' || !char.IsAsciiDigit((char)bytes[7]))
        {
            return Rejection.InvalidVersion;
        }

        if (bytes[5] != (byte)'1')
        {
            return Rejection.UnsupportedVersion;
        }

        version = bytes[7] == (byte)'0' ? ProtocolVersion.Http10 : ProtocolVersion.Http11;
        return Rejection.None;
    }
}
