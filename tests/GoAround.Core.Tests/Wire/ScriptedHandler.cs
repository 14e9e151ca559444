using System;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Core.Tests.Wire;

/// <summary>A handler that is a function.</summary>
internal sealed class ScriptedHandler(Func<ProxyRequest, CancellationToken, ValueTask<ProxyResponse>> answer) : ProxyHandler
{
    public override ValueTask<ProxyResponse> HandleAsync(ProxyRequest request, CancellationToken cancellationToken) => answer(request, cancellationToken);
}
