using System;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core;

namespace GoAround.Cli.Demo;

/// <summary>A backend that only says its name, and that it is well.</summary>
internal sealed class DemoHandler(string name) : ProxyHandler
{
    public override ValueTask<ProxyResponse> HandleAsync(ProxyRequest request, CancellationToken cancellationToken)
    {
        if (request.Target.Span.SequenceEqual("/health"u8))
        {
            ProxyResponse health = ProxyResponse.FromText(200, """{"state":"healthy","message":""}""");
            health.Fields.Set("Content-Type", "application/json");
            return new(health);
        }

        return new(ProxyResponse.FromText(200, $"Hello from {name}, you asked for {Encoding.Latin1.GetString(request.Target.Span)}\n"));
    }
}
