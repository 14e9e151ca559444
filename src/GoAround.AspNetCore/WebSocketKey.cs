using System;
using System.Security.Cryptography;
using System.Text;

namespace GoAround.AspNetCore;

/// <summary>
/// The handshake of a WebSocket towards a backend of HTTP/1.1, for a client that came by the CONNECT of HTTP/2: there it has no key
/// (RFC 8441 §5).
/// </summary>
internal static class WebSocketKey
{
    private const int NonceBytes = 16;

    /// <summary>The value of Sec-WebSocket-Key in a new handshake.</summary>
    // base64-encoded nonce of 16 bytes   RFC 6455 §4.1
    public static string Make()
    {
        Span<byte> nonce = stackalloc byte[NonceBytes];
        RandomNumberGenerator.Fill(nonce);
        return Convert.ToBase64String(nonce);
    }

    /// <summary>The value of Sec-WebSocket-Accept that belongs to a key.</summary>
    // base64( SHA-1( key + GUID ) )   RFC 6455 §4.2.2
    public static string Answer(string key)
    {
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
#pragma warning disable CA5350 // the protocol says SHA-1: it proves that the other side speaks WebSocket, and guards nothing
        SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"), hash);
#pragma warning restore CA5350
        return Convert.ToBase64String(hash);
    }
}
