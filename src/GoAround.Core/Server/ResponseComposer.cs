using GoAround.Core.Http;

namespace GoAround.Core.Server;

/// <summary>Writes a response head as it goes to a client: end-to-end fields as they came, framing and hop-by-hop fields made anew.</summary>
internal static class ResponseComposer
{
    private const int UsualHeadBytes = 2048;

    /// <summary>Appends the head; makes as much room as it needs.</summary>
    public static void AppendHead(ref OutboundBuffer outbound, ProxyResponse response, ResponsePlan plan, DateField date)
    {
        for (int room = UsualHeadBytes; ; room *= 2)
        {
            outbound.Reserve(room);
            HeadWriter writer = new(outbound.Room);
            WriteHead(ref writer, response, plan, date);
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

    private static void WriteHead(ref HeadWriter writer, ProxyResponse response, ResponsePlan plan, DateField date)
    {
        writer.StatusLine(response.StatusCode, response.Reason.Span);
        writer.Fields(response.Fields);
        if (response.StatusCode >= 200 && !HasDate(response.Fields))
        {
            writer.Field("Date"u8, date.Now());
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
