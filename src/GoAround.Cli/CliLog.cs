using System;
using Microsoft.Extensions.Logging;

namespace GoAround.Cli;

/// <summary>What the program itself logs; event ids 6000..6099.</summary>
internal static partial class CliLog
{
    [LoggerMessage(6000, LogLevel.Information, "goaround {version} listening on {address}; backends: {backends}; metrics: {metrics}; control socket: {controlSocket}")]
    public static partial void Started(ILogger logger, string version, string address, string backends, string metrics, string controlSocket);

    [LoggerMessage(6001, LogLevel.Information, "{signal}: no longer accepting, finishing the requests in flight (at most {graceSeconds} s)")]
    public static partial void Stopping(ILogger logger, string signal, double graceSeconds);

    [LoggerMessage(6002, LogLevel.Information, "stopped")]
    public static partial void Stopped(ILogger logger);

    [LoggerMessage(6003, LogLevel.Warning, "{signal} is the second signal: stopped at once, without waiting for requests in flight")]
    public static partial void StoppedAtOnce(ILogger logger, string signal);

    [LoggerMessage(6004, LogLevel.Warning, "the certificate of -cacert, {subject}, is valid from {from:u} to {to:u}, which is not now")]
    public static partial void CertificateNotValidNow(ILogger logger, string subject, DateTime from, DateTime to);

    [LoggerMessage(6005, LogLevel.Debug, "control socket: a connection broke off: {reason}")]
    public static partial void ControlConnectionBroke(ILogger logger, string reason);

    [LoggerMessage(6006, LogLevel.Debug, "control socket: {answer}")]
    public static partial void ControlAnswered(ILogger logger, string answer);
}
