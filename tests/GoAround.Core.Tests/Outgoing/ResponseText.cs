using System;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;

namespace GoAround.Core.Tests.Outgoing;

/// <summary>All that an application can see of an answer, or of an error, as one text to be compared.</summary>
internal static class ResponseText
{
    // They are about a connection, which is the pool's business and not the caller's.
    private static readonly string[] OfTheConnection = ["Connection", "Keep-Alive", "Transfer-Encoding", "Proxy-Connection"];

    public static async Task<string> OfAsync(HttpClient client, HttpRequestMessage request)
    {
        StringBuilder text = new();
        try
        {
            using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).WaitAsync(WireEnd.Patience);
            text.AppendLine($"HTTP/{response.Version} {(int)response.StatusCode} '{response.ReasonPhrase}' for itself: {ReferenceEquals(request, response.RequestMessage)}");
            Append(text, "field", response.Headers);
            Append(text, "content field", response.Content.Headers);
            text.AppendLine($"length {response.Content.Headers.ContentLength?.ToString() ?? "unknown"}");
            using Stream stream = await response.Content.ReadAsStreamAsync();
            await AppendAsync(text, stream);
            Append(text, "trailer", response.TrailingHeaders);
        }
        catch (HttpRequestException fault)
        {
            text.AppendLine($"thrown: {fault.HttpRequestError}");
        }

        return text.ToString();
    }

    private static async Task AppendAsync(StringBuilder text, Stream stream)
    {
        MemoryStream content = new();
        string end = "end";
        try
        {
            await stream.CopyToAsync(content).WaitAsync(WireEnd.Patience);
        }
        catch (HttpIOException fault)
        {
            end = $"cut: {fault.HttpRequestError}";
        }

        text.AppendLine($"content '{Encoding.Latin1.GetString(content.ToArray())}' {end}");
    }

    private static void Append(StringBuilder text, string what, HttpHeaders headers)
    {
        foreach ((string name, HeaderStringValues values) in headers.NonValidated.OrderBy(field => field.Key, StringComparer.OrdinalIgnoreCase))
        {
            if (!OfTheConnection.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                text.AppendLine($"{what} {name}: {string.Join(" | ", values)}");
            }
        }
    }
}
