using System;
using System.Globalization;
using System.Text;
using System.Threading.Tasks;
using Xunit;

namespace GoAround.Core.Tests.Wire;

/// <summary>A whole final response as a client has read it; it must say how long it is.</summary>
internal sealed record ReceivedResponse(int StatusCode, string Head, string Body)
{
    /// <summary>Reads past interim responses to the end of the final one.</summary>
    /// <exception cref="System.IO.IOException">It broke off.</exception>
    public static async Task<ReceivedResponse> ReadAsync(WireEnd wire)
    {
        string head;
        int status;
        do
        {
            head = await wire.ReadHeadAsync();
            Assert.StartsWith("HTTP/1.1 ", head);
            status = int.Parse(head.AsSpan(9, 3), CultureInfo.InvariantCulture);
        }
        while (status < 200);

        if (FieldOf(head, "Content-Length") is { } length)
        {
            Assert.Null(FieldOf(head, "Transfer-Encoding"));
            return new ReceivedResponse(status, head, await wire.ReadAsync(int.Parse(length, CultureInfo.InvariantCulture)));
        }

        Assert.Equal("chunked", FieldOf(head, "Transfer-Encoding"));
        return new ReceivedResponse(status, head, await ReadChunksAsync(wire));
    }

    private static async Task<string> ReadChunksAsync(WireEnd wire)
    {
        StringBuilder body = new();
        while (true)
        {
            int count = int.Parse((await wire.ReadUntilAsync("\r\n")).AsSpan().Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (count == 0)
            {
                break;
            }

            body.Append((await wire.ReadAsync(count + 2)).AsSpan(0, count));
        }

        while (await wire.ReadUntilAsync("\r\n") != "\r\n")
        {
            // A trailer.
        }

        return body.ToString();
    }

    private static string? FieldOf(string head, string name)
    {
        int at = head.IndexOf($"\r\n{name}: ", StringComparison.OrdinalIgnoreCase);
        return at < 0 ? null : head[(at + name.Length + 4)..].Split("\r\n", 2)[0];
    }
}
