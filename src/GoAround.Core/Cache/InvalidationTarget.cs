namespace GoAround.Core.Cache;

/// <summary>Which URL an answer to an unsafe method makes outdated (RFC 9111 §4.4).</summary>
internal enum InvalidationTarget
{
    /// <summary>The request's own.</summary>
    Target,

    /// <summary>That in Location.</summary>
    Location,

    /// <summary>That in Content-Location.</summary>
    ContentLocation,
}
