using System;
using System.Net;
using Microsoft.Extensions.Logging;

namespace GoAround.Core.Server;

/// <summary>What the server has to tell; events 1000 to 1099.</summary>
internal static partial class ServerLog
{
    [LoggerMessage(1000, LogLevel.Warning, "No connection could be accepted: {Reason}")]
    public static partial void AcceptFailed(ILogger log, string reason);

    [LoggerMessage(1001, LogLevel.Warning, "{Count} client connections are open, the most that are allowed; new ones wait")]
    public static partial void ConnectionLimitReached(ILogger log, int count);

    [LoggerMessage(1010, LogLevel.Warning, "{Count} client connections are open, the most that the limit of {Files} open files (ulimit -n) allows; new ones wait")]
    public static partial void FileLimitReached(ILogger log, int count, int files);

    [LoggerMessage(1007, LogLevel.Debug, "At most {Count} client connections, not {Configured}: this process may open {Files} files")]
    public static partial void ConnectionsLimitedByFiles(ILogger log, int count, int configured, int files);

    [LoggerMessage(1008, LogLevel.Error, "{Count} sessions go on after they were cut: a handler ignores its cancellation token")]
    public static partial void SessionsLeft(ILogger log, int count);

    [LoggerMessage(1009, LogLevel.Debug, "Closed a connection of {Client}: its address has {Count} open, the most that are allowed")]
    public static partial void TooManyOfClient(ILogger log, IPEndPoint? client, int count);

    [LoggerMessage(1002, LogLevel.Error, "A request of {Client} failed in this process")]
    public static partial void RequestFailed(ILogger log, Exception error, IPEndPoint? client);

    [LoggerMessage(1003, LogLevel.Debug, "TLS handshake with {Client} failed: {Reason}")]
    public static partial void TlsFailed(ILogger log, IPEndPoint? client, string reason);

    [LoggerMessage(1004, LogLevel.Debug, "Refused a request of {Client} with {StatusCode}: {Reason}")]
    public static partial void Refused(ILogger log, IPEndPoint? client, int statusCode, string reason);

    [LoggerMessage(1005, LogLevel.Warning, "Cut the client connections that were still busy {Seconds:0.#} s after the stop began: {Count}")]
    public static partial void ConnectionsCut(ILogger log, int count, double seconds);

    [LoggerMessage(1006, LogLevel.Warning, "A response to {Client} failed midway: {Reason}")]
    public static partial void ResponseCut(ILogger log, IPEndPoint? client, string reason);
}
