using System;
using Microsoft.Extensions.Logging;

namespace GoAround.Core.Cache;

/// <summary>What the cache tells the log; event ids 5000..5099.</summary>
internal static partial class CacheLog
{
    /// <summary>A store of responses failed; it is done without.</summary>
    [LoggerMessage(5000, LogLevel.Error, "The store of responses failed to {Do}")]
    public static partial void StoreFailed(ILogger log, string @do, Exception fault);

    /// <summary>A fetch failed by a bug while nobody waited for it.</summary>
    [LoggerMessage(5001, LogLevel.Error, "A fetch for the cache failed in this process")]
    public static partial void FetchFailed(ILogger log, Exception fault);
}
