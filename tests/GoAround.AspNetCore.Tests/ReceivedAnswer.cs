using System;
using System.Globalization;
using System.Text;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;

namespace GoAround.AspNetCore.Tests;

/// <summary>A whole final response of HTTP/1.1 as a client has read it, and the heads of interim ones before it.</summary>
internal sealed record ReceivedAnswer(int StatusCode, string Head, string Body, string Interim)
{
    /// <summary>Reads it to its end, which its head must tell.</summary>
    public static async Task<ReceivedAnswer> ReadAsync(WireEnd wire, bool isToHead = false)
    {
        string interim = "";
        string head = await wire.ReadHeadAsync();
        while (head.StartsWith("HTTP/1.1 100", StringComparison.Ordinal))
        {
            interim += head;
            head = await wire.ReadHeadAsync();
        }

        int status = int.Parse(head.AsSpan(9, 3), CultureInfo.InvariantCulture);
        if (isToHead || status is 204 or 304)
        {
            return new ReceivedAnswer(status, head, "", interim);
        }

        if (HeadText.Field(head, "Content-Length") is { Length: > 0 } length)
        {
            return new ReceivedAnswer(status, head, await wire.ReadAsync(int.Parse(length, CultureInfo.InvariantCulture)), interim);
        }

        StringBuilder body = new();
        while (true)
        {
            int count = int.Parse((await wire.ReadUntilAsync("\r\n")).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            string chunk = await wire.ReadAsync(count + 2);
            if (count == 0)
            {
                return new ReceivedAnswer(status, head, body.ToString(), interim);
            }

            body.Append(chunk, 0, count);
        }
    }
}
