using GoAround.Core;

namespace GoAround.Testing;

/// <summary>The failures of test backends, as sockets would tell them.</summary>
internal static class MemoryFaults
{
    /// <summary>Nobody listens.</summary>
    public static BackendException Refused(Backend backend) =>
        new(BackendFailureStage.Dial, BackendFailureKind.Disconnected, $"{backend} refused the connection") { Error = ProxyError.ConnectionRefused };

    /// <summary>A deadline passed.</summary>
    public static BackendException TimedOut(Backend backend, BackendFailureStage stage) =>
        new(stage, BackendFailureKind.TimedOut, $"{backend} did not go on in time");

    /// <summary>The connection broke.</summary>
    public static BackendException Reset(Backend backend, BackendFailureStage stage) =>
        new(stage, BackendFailureKind.Disconnected, $"{backend} reset the connection");

    /// <summary>The connection broke in the middle of the head.</summary>
    public static BackendException CutHead(Backend backend) =>
        new(BackendFailureStage.ResponseHead, BackendFailureKind.Disconnected, $"{backend} reset the connection") { Error = ProxyError.HttpResponseIncomplete };

    /// <summary>It spoke something else.</summary>
    public static BackendException Garbage(Backend backend) =>
        new(BackendFailureStage.ResponseHead, BackendFailureKind.Malformed, $"{backend} sent a malformed response");
}
