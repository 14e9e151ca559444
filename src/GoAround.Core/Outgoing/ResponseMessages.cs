using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text;
using GoAround.Core.Http;

namespace GoAround.Core.Outgoing;

/// <summary>Makes the HttpResponseMessage of a response: its head; the content is given. Safe for concurrent use.</summary>
internal sealed class ResponseMessages
{
    private readonly UsualValues _values = new();

    /// <summary>Fills a message with what the response's head says; nothing is lent from it afterwards.</summary>
    public HttpResponseMessage Make(HttpRequestMessage request, ProxyResponse response, OutgoingContent content)
    {
        HttpResponseMessage message = new((HttpStatusCode)response.StatusCode)
        {
            RequestMessage = request,
            Content = content,
        };
        if (response.ReceivedVersion == ProtocolVersion.Http10)
        {
            message.Version = HttpVersion.Version10;
        }

        SetReason(message, response);
        for (int i = 0; i < response.Fields.Count; i++)
        {
            FieldLine line = response.Fields[i];
            Add(message, line);
        }

        if (response.ContentLength is { } length)
        {
            content.Headers.TryAddWithoutValidation("Content-Length", _values.Of(length));
        }

        if (!response.UpgradeProtocol.IsEmpty)
        {
            message.Headers.TryAddWithoutValidation("Connection", "Upgrade");
            message.Headers.TryAddWithoutValidation("Upgrade", Encoding.Latin1.GetString(response.UpgradeProtocol.Span));
        }

        return message;
    }

    /// <summary>Adds what came behind the content.</summary>
    public static void AddTrailers(HttpResponseMessage message, FieldList? trailers)
    {
        HttpResponseHeaders? headers = trailers is { Count: > 0 } ? message.TrailingHeaders : null;
        for (int i = 0; headers is not null && i < trailers!.Count; i++) // there are headers where there are trailers
        {
            FieldLine line = trailers[i];
            headers.TryAddWithoutValidation(Encoding.Latin1.GetString(line.Name), Encoding.Latin1.GetString(line.Value));
        }
    }

    // HttpClient has a place of its own for eleven fields about the content; either list refuses what belongs into the other.
    private void Add(HttpResponseMessage message, FieldLine line)
    {
        string name = ResponseNames.Of(line.Name);
        string value = name == "Set-Cookie" ? Encoding.Latin1.GetString(line.Value) : _values.Of(line.Value); // no two of those are the same
        if (!message.Headers.TryAddWithoutValidation(name, value))
        {
            message.Content.Headers.TryAddWithoutValidation(name, value);
        }
    }

    /// <summary>Sets the phrase where the backend has sent another than the message says anyway.</summary>
    private static void SetReason(HttpResponseMessage message, ProxyResponse response)
    {
        bool isUsual = response.Backend is null && response.Reason.IsEmpty;
        if (!isUsual && !Ascii.Equals(response.Reason.Span, message.ReasonPhrase))
        {
            message.ReasonPhrase = Encoding.Latin1.GetString(response.Reason.Span);
        }
    }
}
