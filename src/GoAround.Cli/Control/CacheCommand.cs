using System;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core;
using GoAround.Core.Observability;

namespace GoAround.Cli.Control;

/// <summary>What the control socket can ask of the cache: <c>cache</c>, <c>purge URL</c>, <c>purge tag NAME</c>, <c>purge all</c>.</summary>
/// <param name="cache">The cache; null: there is none.</param>
/// <param name="counts">What it has decided so far.</param>
internal sealed class CacheCommand(ICachePurge? cache, Func<CacheCounts> counts)
{
    private const string Usage = "'purge URL', 'purge tag NAME' and 'purge all' are understood";

    /// <summary>Whether a line is one of these, and no list of backends: the address of a backend never begins so.</summary>
    public static bool IsOne(string line) => Split(line).Verb is "cache" or "purge";

    /// <summary>The answer, without its newline: <c>ok 3 responses purged</c>, or <c>error: ..., nothing purged</c>.</summary>
    /// <exception cref="OperationCanceledException">The program stops.</exception>
    public async Task<string> ApplyAsync(string line, CancellationToken cancellationToken)
    {
        if (cache is null)
        {
            return "error: there is no cache: start goaround with -cache";
        }

        // Whoever read the line may be the thread that polls the sockets of all requests: it is not kept waiting.
        await Task.Yield();
        (string verb, string tail) = Split(line);
        return verb == "cache"
            ? tail.Length == 0 ? Statistics(cache.Usage, counts()) : "error: 'cache' stands alone"
            : await PurgeAsync(cache, tail, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<string> PurgeAsync(ICachePurge cache, string what, CancellationToken cancellationToken)
    {
        (string kind, string name) = Split(what);
        if (kind.Length == 0 || (kind == "tag" && name.Length == 0) || (kind != "tag" && name.Length > 0))
        {
            return Refusal(Usage);
        }

        int count = kind switch
        {
            "all" => await cache.PurgeAllAsync(cancellationToken).ConfigureAwait(false),
            "tag" => await cache.PurgeTagAsync(name, cancellationToken).ConfigureAwait(false),
            _ => await cache.PurgeAsync(kind, cancellationToken).ConfigureAwait(false),
        };
        return count < 0 ? Refusal($"'{kind}' is no http or https URL; {Usage}") : $"ok {Responses(count)} purged";
    }

    private static string Refusal(string problem) => $"error: {OneLine.Of(problem)}, nothing purged";

    private static string Statistics(CacheUsage usage, CacheCounts counts) =>
        $"ok {Responses(usage.Responses)}, {usage.Bytes} of {usage.CapacityBytes} bytes, {usage.Evictions} evicted; " +
        $"{counts.Hits} hit, {counts.Misses} miss, {counts.Stale} stale, {counts.Revalidated} revalidated, {counts.Coalesced} coalesced, {counts.Bypassed} bypass";

    private static string Responses(long count) => count == 1 ? "1 response" : $"{count} responses";

    private static (string Verb, string Tail) Split(string line)
    {
        string text = line.Trim(' ', '\t');
        int end = text.AsSpan().IndexOfAny(' ', '\t');
        return end < 0 ? (text, "") : (text[..end], text[end..].Trim(' ', '\t'));
    }
}
