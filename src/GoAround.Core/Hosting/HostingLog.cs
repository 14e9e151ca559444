using System;
using System.Net;
using Microsoft.Extensions.Logging;

namespace GoAround.Core.Hosting;

/// <summary>Where the listener is, what becomes of a configuration that changes, and what the application is at fault for, for the log; event ids 7000..7099.</summary>
internal static partial class HostingLog
{
    /// <summary>It cannot be used; the one before stays in force, as a whole.</summary>
    [LoggerMessage(7000, LogLevel.Error, "The changed configuration of {Pool} is refused, and the one before stays in force: {Reason}")]
    public static partial void ChangeRefused(ILogger log, string pool, string reason, Exception? fault);

    /// <summary>Settings are others now that are read at the start only.</summary>
    [LoggerMessage(7001, LogLevel.Warning, "The changed configuration of {Pool} has settings that take effect at the next start only: {Settings}")]
    public static partial void ChangeNeedsRestart(ILogger log, string pool, string settings);

    /// <summary>Whoever counts has a bug.</summary>
    [LoggerMessage(7002, LogLevel.Error, "{Event} of the application's ProxyEvents has thrown")]
    public static partial void EventFailed(ILogger log, string @event, Exception fault);

    /// <summary>The port is open: where, which no setting says where the port is 0, and whether there is anybody to answer.</summary>
    [LoggerMessage(7003, LogLevel.Information, "Listening on {Scheme}://{Address}, backends: {Count}")]
    public static partial void Listening(ILogger log, string scheme, IPEndPoint address, int count);

    /// <summary>The host is told to end while it starts.</summary>
    [LoggerMessage(7004, LogLevel.Information, "Told to end while starting: the port stays shut")]
    public static partial void StartBrokenOff(ILogger log);
}
