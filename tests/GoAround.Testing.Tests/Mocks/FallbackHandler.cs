using System.Threading;
using System.Threading.Tasks;
using GoAround.Core;

namespace GoAround.Testing.Tests.Mocks;

/// <summary>A step to be tested: whatever the first pool cannot answer, the second one is asked for.</summary>
internal sealed class FallbackHandler(IBackendPool first, IBackendPool second) : ProxyHandler
{
    public override async ValueTask<ProxyResponse> HandleAsync(ProxyRequest request, CancellationToken cancellationToken)
    {
        ProxyResponse response = await first.FetchAsync(request, cancellationToken);
        if (response.StatusCode != 503 || !request.Body.TryRewind())
        {
            return response;
        }

        await response.DisposeAsync(); // it is ours as long as we do not return it
        return await second.FetchAsync(request, cancellationToken);
    }
}
