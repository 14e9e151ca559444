using System;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core;

namespace GoAround.Samples.CustomSteps;

/// <summary>Lets in who has a key, tells the backend in X-Caller who that is, and answers 401 to everybody else.</summary>
internal sealed class ApiKeyHandler(ApiKeys keys, ProxyHandler next) : ProxyHandler
{
    public override async ValueTask<ProxyResponse> HandleAsync(ProxyRequest request, CancellationToken cancellationToken)
    {
        string? caller = request.Fields.TryGet("X-Api-Key"u8, out ReadOnlySpan<byte> key) ? keys.FindCaller(key) : null;
        if (caller is null)
        {
            ProxyResponse refusal = ProxyResponse.FromText(401, "This needs a key in X-Api-Key.\n");
            refusal.Fields.Add("WWW-Authenticate"u8, "ApiKey"u8); // a 401 has to name the scheme (RFC 9110 §15.5.2)
            return refusal;
        }

        request.Fields.Remove("X-Api-Key"u8); // a secret goes no further than it must
        request.Fields.Set("X-Caller", caller); // replaces what the client may have claimed

        // Whoever returns a response passes it on: the server writes and disposes it.
        ProxyResponse response = await next.HandleAsync(request, cancellationToken);
        response.Fields.Set("X-Served-For", caller);
        return response;
    }
}
