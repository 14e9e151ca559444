namespace GoAround.Core.Tests.Upstream;

/// <summary>Where, and how, a scripted backend fails.</summary>
public enum FaultStage
{
    /// <summary>Nobody listens.</summary>
    DialRefused,

    /// <summary>The dial is never answered.</summary>
    DialTimeout,

    /// <summary>The TLS handshake is broken off.</summary>
    Handshake,

    /// <summary>Reset as soon as the connection stands, nothing read.</summary>
    ResetBeforeRequest,

    /// <summary>Reset in the middle of the request's head.</summary>
    ResetWithinHead,

    /// <summary>Reset after the request's head.</summary>
    ResetWithinRequest,

    /// <summary>Reset after the whole request.</summary>
    ResetAfterRequest,

    /// <summary>Closed in order after the whole request.</summary>
    CloseAfterRequest,

    /// <summary>Closed in the middle of the response's head.</summary>
    HalfHead,

    /// <summary>A response that is not HTTP.</summary>
    Garbage,

    /// <summary>No response at all.</summary>
    Silence,

    /// <summary>Closed in the middle of the response's body.</summary>
    HalfBody,
}
