namespace GoAround.Core.Cache;

/// <summary>What may be stored, and for how long it is fresh (RFC 9111 §3, §4.2).</summary>
internal static class StoreRules
{
    /// <summary>Decides; the facts are those of the client's request, before anything was taken out of it or put in.</summary>
    /// <param name="facts">Read from the client's request.</param>
    /// <param name="request">The request.</param>
    /// <param name="response">A final response to it, or what <see cref="FieldUpdate"/> made of a stored one.</param>
    /// <param name="options">The user's.</param>
    /// <param name="requestMs">When the request was sent to the backend, in Unix milliseconds.</param>
    /// <param name="responseMs">When the head of the response was there, in Unix milliseconds.</param>
    public static StoreDecision Decide(in RequestFacts facts, ProxyRequest request, ProxyResponse response, CacheOptions options, long requestMs, long responseMs) =>
        StoreDecision.Not(CacheBypass.Status);
}
