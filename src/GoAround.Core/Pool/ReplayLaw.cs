namespace GoAround.Core.Pool;

/// <summary>Which request may be sent a second time after which failure (RFC 9110 §9.2.2).</summary>
internal static class ReplayLaw
{
    /// <summary>
    /// True where sending it again is safe and possible; the body is then back at its first byte. What never reached the
    /// backend is safe with any method, the rest only with an idempotent one, and not once an upgrade was offered.
    /// </summary>
    public static bool TryPrepare(ProxyRequest request, BackendException failure) =>
        failure.Stage != BackendFailureStage.ResponseBody
        && (failure.NeverReached || (request.Method.IsIdempotent && request.UpgradeProtocol.IsEmpty))
        && request.Body.TryRewind();
}
