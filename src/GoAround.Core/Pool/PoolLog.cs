using System;
using Microsoft.Extensions.Logging;

namespace GoAround.Core.Pool;

/// <summary>What the pool tells the log; event ids 2000..2099.</summary>
internal static partial class PoolLog
{
    /// <summary>The backends were replaced.</summary>
    [LoggerMessage(2000, LogLevel.Information, "Backends replaced: {Total} now, {Added} added, {Removed} removed, {Changed} with another weight")]
    public static partial void BackendsReplaced(ILogger log, int total, int added, int removed, int changed);

    /// <summary>A backend takes requests from now on.</summary>
    [LoggerMessage(2001, LogLevel.Information, "Backend {Backend} is healthy: {Reason}")]
    public static partial void BackendHealthy(ILogger log, Backend backend, string reason);

    /// <summary>A backend takes no requests from now on.</summary>
    [LoggerMessage(2002, LogLevel.Warning, "Backend {Backend} is unhealthy: {Reason}")]
    public static partial void BackendUnhealthy(ILogger log, Backend backend, string reason);

    /// <summary>A connection's own bug.</summary>
    [LoggerMessage(2003, LogLevel.Error, "A connection to {Backend} failed to be disposed")]
    public static partial void ConnectionDisposeFailed(ILogger log, Backend backend, Exception fault);

    /// <summary>One try failed, and what became of it is up to the replay law.</summary>
    [LoggerMessage(2004, LogLevel.Debug, "Attempt {Attempt} failed at {Backend} ({Stage}): {Reason}")]
    public static partial void AttemptFailed(ILogger log, int attempt, Backend backend, BackendFailureStage stage, string reason);

    /// <summary>A backend finishes what it carries.</summary>
    [LoggerMessage(2005, LogLevel.Information, "Backend {Backend} drains: it takes nothing new until it is resumed")]
    public static partial void BackendDrains(ILogger log, Backend backend);

    /// <summary>A backend takes requests again.</summary>
    [LoggerMessage(2006, LogLevel.Information, "Backend {Backend} is resumed")]
    public static partial void BackendResumed(ILogger log, Backend backend);

    /// <summary>The bug of a connection factory, a health subscription, or who hears of its changes. The backend is gone all the same.</summary>
    [LoggerMessage(2007, LogLevel.Error, "Backend {Backend} is gone, but not all that it had could be ended")]
    public static partial void PartingFailed(ILogger log, Backend backend, Exception fault);
}
