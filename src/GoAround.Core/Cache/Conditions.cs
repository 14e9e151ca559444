using GoAround.Core.Http;

namespace GoAround.Core.Cache;

/// <summary>Answers the conditions of a client from the store (RFC 9110 §13, RFC 9111 §4.3.2).</summary>
internal static class Conditions
{
    /// <summary>Evaluates If-None-Match, or where there is none If-Modified-Since.</summary>
    public static ConditionResult Evaluate(ProxyRequest request, in StoredHead head) => ConditionResult.Proceed;

    /// <summary>Makes a copied head into that of a 304: takes out the fields that it does not carry (RFC 9110 §15.4.5).</summary>
    public static void MakeNotModified(ProxyResponse response)
    {
    }

    /// <summary>Takes every condition, If-Range and Range out of a request.</summary>
    public static void Remove(FieldList fields)
    {
    }
}
