namespace GoAround.Core.Cache;

/// <summary>Why a stale response might be used.</summary>
internal enum StaleCause
{
    /// <summary>No backend answered: none is available, or the connection broke (RFC 9111 §4.2.4, "disconnected").</summary>
    Disconnected,

    /// <summary>A backend answered 500, 502, 503 or 504 (RFC 5861 §4).</summary>
    ServerError,
}
