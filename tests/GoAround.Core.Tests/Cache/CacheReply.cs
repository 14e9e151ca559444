using System;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;

namespace GoAround.Core.Tests.Cache;

/// <summary>A response, read to its end.</summary>
internal sealed record CacheReply(int StatusCode, string Fields, string Body, long? ContentLength)
{
    /// <summary>Whose fault it is, of an error that the balancer answers itself.</summary>
    public ProxyError Error { get; init; }

    /// <summary>What Cache-Status says.</summary>
    public string Status => Field("Cache-Status");

    public static async Task<CacheReply> ReadAsync(ProxyResponse response, CancellationToken token = default)
    {
        await using (response)
        {
            StringBuilder body = new();
            while (true)
            {
                ReadOnlyMemory<byte> piece = await response.Body.ReadAsync(token).AsTask().WaitAsync(WireEnd.Patience, CancellationToken.None);
                if (piece.IsEmpty)
                {
                    return new CacheReply(response.StatusCode, response.Fields.ToString(), body.ToString(), response.ContentLength) { Error = response.Error };
                }

                body.Append(Encoding.Latin1.GetString(piece.Span));
            }
        }
    }

    public string Field(string name)
    {
        foreach (string line in Fields.Split("\r\n"))
        {
            if (line.StartsWith(name + ": ", StringComparison.OrdinalIgnoreCase))
            {
                return line[(name.Length + 2)..];
            }
        }

        return "";
    }
}
