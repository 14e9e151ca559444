using System.Threading;
using System.Threading.Tasks;
using GoAround.Core;

namespace GoAround.AspNetCore.Tests;

/// <summary>Every backend is healthy, and is not asked.</summary>
internal sealed class AlwaysHealthy : IHealthChecker
{
    public ValueTask<HealthReport> CheckAsync(Backend backend, CancellationToken cancellationToken) => new(new HealthReport(HealthState.Healthy, "said so"));
}
