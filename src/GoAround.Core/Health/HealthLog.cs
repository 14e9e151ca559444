using System;
using Microsoft.Extensions.Logging;

namespace GoAround.Core.Health;

/// <summary>What the health checks tell the log; event ids 3000..3099. Changes of state are the pool's to tell.</summary>
internal static partial class HealthLog
{
    /// <summary>One check has ended.</summary>
    [LoggerMessage(3000, LogLevel.Debug, "Check of {Backend}: {State}, {Reason}")]
    public static partial void Checked(ILogger log, Backend backend, HealthState state, string reason);

    /// <summary>The checker's own bug.</summary>
    [LoggerMessage(3001, LogLevel.Error, "The check of {Backend} failed unexpectedly; it counts as unhealthy")]
    public static partial void CheckFailed(ILogger log, Backend backend, Exception fault);

    /// <summary>Somebody could not reach the backend.</summary>
    [LoggerMessage(3002, LogLevel.Debug, "Backend {Backend} is suspect: {Reason}")]
    public static partial void Suspected(ILogger log, Backend backend, string reason);
}
