using System;
using System.Net;
using Microsoft.Extensions.Logging;

namespace GoAround.AspNetCore;

/// <summary>What a mounted pool has to tell; events 7000 to 7099.</summary>
internal static partial class ForwardingLog
{
    [LoggerMessage(7000, LogLevel.Error, "A request of {Client} failed in this process")]
    public static partial void RequestFailed(ILogger log, Exception error, IPEndPoint? client);

    [LoggerMessage(7001, LogLevel.Debug, "Refused a request of {Client} with {StatusCode}: {Reason}")]
    public static partial void Refused(ILogger log, IPEndPoint? client, int statusCode, string reason);

    [LoggerMessage(7002, LogLevel.Warning, "A response to {Client} failed midway: {Reason}")]
    public static partial void ResponseCut(ILogger log, IPEndPoint? client, string reason);

    [LoggerMessage(7003, LogLevel.Error, "A response to {Client} could not be sent: its field {Field} is not ASCII, which Kestrel sends only as ResponseHeaderEncodingSelector of its options says")]
    public static partial void FieldNotSent(ILogger log, IPEndPoint? client, string field);

    [LoggerMessage(7004, LogLevel.Warning, "{Client} could not be given the upgrade that its backend agreed to: {Reason}")]
    public static partial void UpgradeFailed(ILogger log, IPEndPoint? client, string reason);
}
