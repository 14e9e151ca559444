using System;
using GoAround.Core.Http;
using GoAround.Core.Sockets;

namespace GoAround.Core.Upstream;

/// <summary>Writes a request head as it goes to a backend: end-to-end fields as they came, framing and hop-by-hop fields made anew.</summary>
internal static class RequestComposer
{
    private const int UsualHeadBytes = 2048;

    /// <summary>Appends the head; makes as much room as it needs.</summary>
    public static void AppendHead(ref OutboundBuffer outbound, ProxyRequest request, Backend backend)
    {
        for (int room = UsualHeadBytes; ; room *= 2)
        {
            outbound.Reserve(room);
            HeadWriter writer = new(outbound.Room);
            WriteHead(ref writer, request, backend);
            if (!writer.Overflowed)
            {
                outbound.Advance(writer.Written);
                return;
            }
        }
    }

    private static void WriteHead(ref HeadWriter writer, ProxyRequest request, Backend backend)
    {
        writer.RequestLine(request.Method.Token, backend.BasePathBytes.Span, request.Target.Span);
        writer.Field("Host"u8, request.Authority.IsEmpty ? backend.AuthorityBytes.Span : request.Authority.Span);
        writer.Fields(request.Fields);
        WriteFraming(ref writer, request);
        if (!request.UpgradeProtocol.IsEmpty)
        {
            writer.Field("Connection"u8, "Upgrade"u8);
            writer.Field("Upgrade"u8, request.UpgradeProtocol.Span);
        }
        else if (request.AcceptsTrailers)
        {
            writer.Field("Connection"u8, "TE"u8);
            writer.Field("TE"u8, "trailers"u8);
        }

        writer.End();
    }

    // A user agent SHOULD send Content-Length in a request when the method defines a meaning for content   RFC 9110 §8.6
    private static void WriteFraming(ref HeadWriter writer, ProxyRequest request)
    {
        long? length = request.Body.Length;
        if (length is null)
        {
            writer.Field("Transfer-Encoding"u8, "chunked"u8);
        }
        else if (length > 0 || !(request.Method.IsSafe || request.Method.Token.SequenceEqual("DELETE"u8)))
        {
            writer.Field("Content-Length"u8, length.Value);
        }
    }
}
