using System;
using System.Text;
using GoAround.Core;
using GoAround.Core.Http;
using GoAround.Core.Outgoing;
using GoAround.Core.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace GoAround.AspNetCore;

/// <summary>Puts the head of a response where ASP.NET Core has it: lines of one name in their order, and framing as the server does it. Safe for concurrent use.</summary>
/// <param name="identity">Of the balancer.</param>
internal sealed class ResponseFields(ProxyIdentity identity)
{
    private const int KeptTexts = 1024;

    private readonly UsualValues _texts = new(KeptTexts); // names too: ASP.NET Core takes strings only

    /// <summary>
    /// Sets status and fields. What the application has set before stays: lines of the same name stand behind it, but Date, Server and Content-Type take its place.
    /// </summary>
    /// <exception cref="UnsendableFieldException">The server would not take a field.</exception>
    public void Write(HttpContext context, ProxyResponse response, long? contentLength)
    {
        HttpResponse target = context.Response;
        IHeaderDictionary headers = target.Headers;
        target.StatusCode = response.StatusCode;
        WriteReason(context, response);
        bool hasTrailers = context.Features.Get<IHttpResponseTrailersFeature>() is not null;
        FieldList fields = response.Fields;
        for (int i = 0; i < fields.Count; i++)
        {
            FieldLine line = fields[i];
            if (line.Known == KnownField.Trailer && !hasTrailers)
            {
                continue; // they are not passed on, and not promised
            }

            string name = _texts.Of(line.Name);
            string value = TextOf(context, name, line.Value) ?? throw new UnsendableFieldException(name);
            StringValues before = IsSingle(line.Name) ? default : headers[name];
            headers[name] = before.Count == 0 ? value : StringValues.Concat(before, value); // Append would leave out a value of no bytes
        }

        if (identity.MarksResponses && response.ReceivedVersion is { } received)
        {
            headers.Append("Via", _texts.Of(identity.Via(received)));
        }

        if (identity.StatusText(response.Error, response.ErrorDetails) is { } status)
        {
            headers.Append("Proxy-Status", status);
        }

        if (!response.UpgradeProtocol.IsEmpty && HttpProtocol.IsHttp11(context.Request.Protocol))
        {
            headers.Upgrade = _texts.Of(response.UpgradeProtocol.Span);
            headers.Connection = "Upgrade";
        }

        target.ContentLength = contentLength;
    }

    /// <summary>Adds trailers, where the client's protocol has them.</summary>
    public void WriteTrailers(HttpContext context, FieldList? trailers)
    {
        if (trailers is not { Count: > 0 } || context.Features.Get<IHttpResponseTrailersFeature>() is not { } feature)
        {
            return;
        }

        for (int i = 0; i < trailers.Count; i++)
        {
            FieldLine line = trailers[i];
            string name = _texts.Of(line.Name);
            if (TextOf(context, name, line.Value) is { } value)
            {
                feature.Trailers.Append(name, value);
            }
        }
    }

    private void WriteReason(HttpContext context, ProxyResponse response)
    {
        ReadOnlySpan<byte> reason = response.Reason.Span;
        if (reason.IsEmpty || Ascii.Equals(reason, ReasonPhrases.GetReasonPhrase(response.StatusCode)) || !Ascii.IsValid(reason) || !FieldSyntax.IsValue(reason))
        {
            return;
        }

        if (context.Features.Get<IHttpResponseFeature>() is { } feature)
        {
            feature.ReasonPhrase = _texts.Of(reason);
        }
    }

    /// <summary>A value as the server takes it; null where it takes none such.</summary>
    private string? TextOf(HttpContext context, string name, ReadOnlySpan<byte> value)
    {
        if (!Ascii.IsValid(value))
        {
            return KestrelEncodings.OfResponse(context, name)?.GetString(value);
        }

        string text = _texts.Of(value);
        return text.Contains('\t') ? text.Replace('\t', ' ') : text; // Kestrel takes no HTAB; white space is one as the other   RFC 9110 §5.6.3
    }

    private static bool IsSingle(ReadOnlySpan<byte> name) => name.Length switch
    {
        4 => Ascii.EqualsIgnoreCase(name, "Date"u8),
        6 => Ascii.EqualsIgnoreCase(name, "Server"u8),
        12 => Ascii.EqualsIgnoreCase(name, "Content-Type"u8),
        _ => false,
    };
}
