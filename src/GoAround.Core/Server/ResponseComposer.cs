using System;
using System.Text;
using GoAround.Core.Http;
using GoAround.Core.Sockets;

namespace GoAround.Core.Server;

/// <summary>Writes a response head as it goes to a client: end-to-end fields as they came, framing and hop-by-hop fields made anew.</summary>
internal static class ResponseComposer
{
    private const int UsualHeadBytes = 2048;

    /// <summary>Appends the head; makes as much room as it needs.</summary>
    public static void AppendHead(ref OutboundBuffer outbound, ProxyResponse response, ResponsePlan plan, ServerContext server)
    {
        for (int room = UsualHeadBytes; ; room *= 2)
        {
            outbound.Reserve(room);
            HeadWriter writer = new(outbound.Room);
            WriteHead(ref writer, response, plan, server);
            if (!writer.Overflowed)
            {
                outbound.Advance(writer.Written);
                return;
            }
        }
    }

    /// <summary>Appends an interim response.</summary>
    public static void AppendInterim(ref OutboundBuffer outbound, int statusCode, FieldList fields)
    {
        for (int room = UsualHeadBytes; ; room *= 2)
        {
            outbound.Reserve(room);
            HeadWriter writer = new(outbound.Room);
            writer.StatusLine(statusCode, default);
            writer.Fields(fields);
            writer.End();
            if (!writer.Overflowed)
            {
                outbound.Advance(writer.Written);
                return;
            }
        }
    }

    private static void WriteHead(ref HeadWriter writer, ProxyResponse response, ResponsePlan plan, ServerContext server)
    {
        writer.StatusLine(response.StatusCode, response.Reason.Span);
        writer.Fields(response.Fields);
        if (response.StatusCode >= 200 && !HasDate(response.Fields))
        {
            writer.Field("Date"u8, server.Date.Now());
        }

        if (server.Identity.MarksResponses && response.ReceivedVersion is { } received)
        {
            writer.Raw(server.Identity.ViaLine(received));
        }

        ReadOnlySpan<byte> status = server.Identity.Status(response.Error);
        if (!status.IsEmpty)
        {
            WriteProxyStatus(ref writer, status, response.ErrorDetails);
        }

        if (plan.Framing == BodyFraming.Chunked)
        {
            writer.Field("Transfer-Encoding"u8, "chunked"u8);
        }
        else if (plan.ContentLength is { } length)
        {
            writer.Field("Content-Length"u8, length);
        }

        WriteConnection(ref writer, response, plan);
        writer.End();
    }

    // A field line of its own: what a backend or a handler says there itself stays as it is   RFC 9209 §2
    private static void WriteProxyStatus(ref HeadWriter writer, ReadOnlySpan<byte> status, string? details)
    {
        writer.Raw("Proxy-Status: "u8);
        writer.Raw(status);
        if (ProxyIdentity.MayTell(details))
        {
            Span<byte> bytes = stackalloc byte[ProxyIdentity.MaxDetailsBytes];
            writer.Raw("; details=\""u8);
            writer.Raw(bytes[..Encoding.ASCII.GetBytes(details, bytes)]);
            writer.Raw("\""u8);
        }

        writer.Raw("\r\n"u8);
    }

    private static void WriteConnection(ref HeadWriter writer, ProxyResponse response, ResponsePlan plan)
    {
        bool upgrades = !response.UpgradeProtocol.IsEmpty && plan.Version != ProtocolVersion.Http10;
        if (upgrades)
        {
            writer.Field("Upgrade"u8, response.UpgradeProtocol.Span);
        }

        if (response.StatusCode == 101)
        {
            writer.Field("Connection"u8, "Upgrade"u8);
        }
        else if (!plan.KeepAlive)
        {
            writer.Field("Connection"u8, upgrades ? "Upgrade, close"u8 : "close"u8);
        }
        else if (upgrades)
        {
            writer.Field("Connection"u8, "Upgrade"u8);
        }
        else if (plan.Version == ProtocolVersion.Http10)
        {
            writer.Field("Connection"u8, "keep-alive"u8);
        }
    }

    private static bool HasDate(FieldList fields)
    {
        for (int i = 0; i < fields.Count; i++)
        {
            if (fields.KnownAt(i) == KnownField.Date)
            {
                return true;
            }
        }

        return false;
    }
}
