using System;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core;

namespace GoAround.Samples.CustomSteps;

/// <summary>Rewrites fields on both ways: gives each request an id that the client reads, too, and does not tell what the backends run on.</summary>
// <step>
internal sealed class HeaderHandler(ProxyHandler next) : ProxyHandler
{
    public override async ValueTask<ProxyResponse> HandleAsync(ProxyRequest request, CancellationToken cancellationToken)
    {
        string id = Guid.NewGuid().ToString("n");
        request.Fields.Set("X-Request-Id", id);
        ProxyResponse response = await next.HandleAsync(request, cancellationToken);
        response.Fields.Remove("Server"u8);
        response.Fields.Set("X-Request-Id", id);
        return response; // whoever returns a response passes it on: the server writes and disposes it
    }
}
// </step>
