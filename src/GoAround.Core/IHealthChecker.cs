using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Core;

/// <summary>Asks one backend once whether it is healthy; replace it to check by other means than <c>GET /health</c>. Safe for concurrent use.</summary>
public interface IHealthChecker
{
    /// <summary>Checks now. A backend that cannot be reached is an unhealthy report, not an exception; what is thrown all the same counts as one, and is logged.</summary>
    /// <param name="backend">The backend to ask.</param>
    /// <param name="cancellationToken">Cancelled at <see cref="Health.HealthOptions.Timeout"/>, and when nobody wants to know any more.</param>
    ValueTask<HealthReport> CheckAsync(Backend backend, CancellationToken cancellationToken);
}
