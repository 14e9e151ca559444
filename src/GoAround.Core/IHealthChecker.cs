using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Core;

/// <summary>Asks one backend once whether it is healthy; replace it to check by other means than <c>GET /health</c>. Safe for concurrent use.</summary>
public interface IHealthChecker
{
    /// <summary>Checks now. A backend that cannot be reached is an unhealthy report, not an exception.</summary>
    /// <param name="backend">The backend to ask.</param>
    /// <param name="cancellationToken">Cancelled at the check's timeout.</param>
    ValueTask<HealthReport> CheckAsync(Backend backend, CancellationToken cancellationToken);
}
