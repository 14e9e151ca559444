using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Core;

/// <summary>A store of responses that may answer a request instead of a backend (RFC 9111). Safe for concurrent use.</summary>
public interface IResponseCache
{
    /// <summary>The stored response that may answer this request, or null.</summary>
    ValueTask<ProxyResponse?> FindAsync(ProxyRequest request, CancellationToken cancellationToken);

    /// <summary>Takes a response on its way to the client, and returns the one to pass on: it, or one that is stored while it is read.</summary>
    ValueTask<ProxyResponse> StoreAsync(ProxyRequest request, ProxyResponse response, CancellationToken cancellationToken);
}
