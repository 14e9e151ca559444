using System.Diagnostics;
using System.Threading.Tasks;

namespace GoAround.Core.Observability;

/// <summary>Ends a span when the response is through. Reads nothing of the response: leases further in may have given it back already.</summary>
internal sealed class SpanLease(Activity span) : IResponseLease
{
    public ValueTask ReleaseAsync(ProxyResponse response)
    {
        span.Dispose();
        return ValueTask.CompletedTask;
    }
}
