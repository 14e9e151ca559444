using System;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace GoAround.AspNetCore;

/// <summary>How Kestrel turns the bytes of field values that are not ASCII into strings, and back. Only asked for such values.</summary>
internal static class KestrelEncodings
{
    /// <summary>How the value of a request's field was decoded; UTF-8 where the application said nothing else.</summary>
    public static Encoding OfRequest(HttpContext context, string name) => OptionsOf(context)?.RequestHeaderEncodingSelector(name) ?? Encoding.UTF8;

    /// <summary>How the value of a response's field will be encoded; null: Kestrel sends ASCII only.</summary>
    public static Encoding? OfResponse(HttpContext context, string name) => OptionsOf(context)?.ResponseHeaderEncodingSelector(name);

    private static KestrelServerOptions? OptionsOf(HttpContext context)
    {
        IServiceProvider? services = context.RequestServices; // null under a server without a host
        return services?.GetService<IOptions<KestrelServerOptions>>()?.Value;
    }
}
