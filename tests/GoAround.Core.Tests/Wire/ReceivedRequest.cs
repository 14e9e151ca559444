using System;
using System.Globalization;
using System.Text;
using System.Threading.Tasks;

namespace GoAround.Core.Tests.Wire;

/// <summary>A whole request as a scripted backend has read it.</summary>
internal sealed record ReceivedRequest(string Method, string Target, string Head, string Body)
{
    /// <summary>Reads a request with its body; null where the other side has closed in order instead.</summary>
    public static async Task<ReceivedRequest?> TryReadAsync(WireEnd link)
    {
        if (await link.TryReadHeadAsync() is not { } head)
        {
            return null;
        }

        string[] line = head.Split(' ', 3);
        return new ReceivedRequest(line[0], line[1], head, await ReadBodyAsync(link, head));
    }

    private static async Task<string> ReadBodyAsync(WireEnd link, string head)
    {
        if (FieldOf(head, "Content-Length") is { } length)
        {
            return await link.ReadAsync(int.Parse(length, CultureInfo.InvariantCulture));
        }

        StringBuilder body = new();
        if (FieldOf(head, "Transfer-Encoding") is not null)
        {
            while (true)
            {
                string size = await link.ReadUntilAsync("\r\n");
                int count = int.Parse(size.AsSpan().Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                string chunk = await link.ReadAsync(count + 2);
                if (count == 0)
                {
                    break;
                }

                body.Append(chunk.AsSpan(0, count));
            }
        }

        return body.ToString();
    }

    private static string? FieldOf(string head, string name)
    {
        int at = head.IndexOf($"\r\n{name}: ", StringComparison.OrdinalIgnoreCase);
        return at < 0 ? null : head[(at + name.Length + 4)..].Split("\r\n", 2)[0];
    }
}
