using System;

namespace GoAround.Core;

/// <summary>
/// Says which backend a request goes to; replace it to choose by load, or by what the request holds. Without one, the connections of
/// all backends take turns. Safe for concurrent use, quick, and never waiting: it is called on the request path.
/// </summary>
/// <remarks>
/// It chooses among backends that have a connection free now, so its choice is never waited for: one that wants the same backend for the
/// same user ranks all of them, and takes the best of those that are there (rendezvous hashing). Where none is free, requests
/// wait in order, and the first takes whatever comes first; the policy is then not asked.
/// </remarks>
public abstract class SelectionPolicy
{
    /// <summary>Chooses. Not called where there is only one; called again where somebody else was faster.</summary>
    /// <param name="request">The request; its body is not to be read.</param>
    /// <param name="candidates">Two or more, in the order of the pool: healthy, not draining, with a connection free, and not tried for this request before. Valid during the call.</param>
    /// <returns>The index of one. Any other number is a bug: the request is answered 500.</returns>
    public abstract int Choose(ProxyRequest request, ReadOnlySpan<BackendLoad> candidates);
}
