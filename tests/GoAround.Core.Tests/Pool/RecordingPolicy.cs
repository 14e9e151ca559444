using System;
using System.Collections.Generic;

namespace GoAround.Core.Tests.Pool;

/// <summary>Notes what it is asked, and answers what the test says.</summary>
internal sealed class RecordingPolicy(Func<BackendLoad[], int> choose) : SelectionPolicy
{
    public List<BackendLoad[]> Asked { get; } = [];

    public override int Choose(ProxyRequest request, ReadOnlySpan<BackendLoad> candidates)
    {
        Asked.Add(candidates.ToArray());
        return choose(Asked[^1]);
    }
}
