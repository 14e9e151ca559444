namespace GoAround.Core.Cache;

/// <summary>What the conditions of a request come to (RFC 9110 §13.2.2).</summary>
internal enum ConditionResult
{
    /// <summary>The request is answered as if there were none.</summary>
    Proceed,

    /// <summary>304: the client has the response already.</summary>
    NotModified,
}
