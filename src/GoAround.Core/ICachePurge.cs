using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Core;

/// <summary>
/// Takes responses out of the cache before their time: what the control socket calls, and what an application calls that knows when its
/// content changed. A response that is being fetched meanwhile is not stored either, where it would have been removed. Without a cache (<c>Cache.IsEnabled</c>) there is nothing to remove. Safe for concurrent use.
/// </summary>
/// <remarks>What an <see cref="IResponseCache"/> of your own throws comes out of these calls as it is: whoever removes must know that it was not done.</remarks>
public interface ICachePurge
{
    /// <summary>What is stored now.</summary>
    CacheUsage Usage { get; }

    /// <summary>Removes what is stored under a URL, all its variants (Vary); returns how many responses there were, or -1 where it is no absolute http or https URL.</summary>
    /// <param name="url">As a client asks for it, <c>https://host/path?query</c>: scheme, host and port are normalised, the rest counts as it is written.</param>
    /// <param name="cancellationToken">Handed to the store.</param>
    ValueTask<int> PurgeAsync(string url, CancellationToken cancellationToken);

    /// <summary>Removes all responses that name this tag in <c>Surrogate-Key</c> or <c>Cache-Tag</c>; returns how many there were.</summary>
    /// <param name="tag">The name as the field has it, compared byte by byte (UTF-8).</param>
    /// <param name="cancellationToken">Handed to the store.</param>
    ValueTask<int> PurgeTagAsync(string tag, CancellationToken cancellationToken);

    /// <summary>Removes everything; returns how many responses there were.</summary>
    /// <param name="cancellationToken">Handed to the store.</param>
    ValueTask<int> PurgeAllAsync(CancellationToken cancellationToken);
}
