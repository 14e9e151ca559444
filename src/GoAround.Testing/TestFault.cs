namespace GoAround.Testing;

/// <summary>What a test backend does wrong with one request.</summary>
public enum TestFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It refuses the connection: the request never reaches it.</summary>
    Refused,

    /// <summary>It does not answer the dial, until <c>Upstream.DialTimeout</c> is over: the request never reaches it.</summary>
    Unreachable,

    /// <summary>It takes the request and resets the connection before the first byte of an answer.</summary>
    ResetBeforeHead,

    /// <summary>It resets the connection half way in the head of its answer.</summary>
    ResetInHead,

    /// <summary>It resets the connection half way in the body of its answer.</summary>
    ResetInBody,

    /// <summary>It takes the request and never answers: <c>Upstream.ResponseTimeout</c> ends it.</summary>
    NoAnswer,

    /// <summary>It stops half way in the body of its answer: <c>Upstream.BodyTimeout</c> ends it.</summary>
    StalledBody,

    /// <summary>It answers something that is not HTTP.</summary>
    Garbage,

    /// <summary>It answers 500 in place of its reply.</summary>
    ServerError,
}
