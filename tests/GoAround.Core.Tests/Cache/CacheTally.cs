using System;
using System.Collections.Concurrent;
using System.Linq;

namespace GoAround.Core.Tests.Cache;

/// <summary>What the cache told whoever counts.</summary>
internal sealed class CacheTally : ProxyEvents
{
    public ConcurrentQueue<(CacheOutcome Outcome, CacheBypass Bypass, TimeSpan Age)> Answers { get; } = new();

    public int Count(CacheOutcome outcome) => Answers.Count(answer => answer.Outcome == outcome);

    public override void CacheAnswered(ProxyRequest request, CacheOutcome outcome, CacheBypass bypass, TimeSpan age) => Answers.Enqueue((outcome, bypass, age));
}
