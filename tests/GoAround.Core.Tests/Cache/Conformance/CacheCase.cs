using System.Collections.Generic;

namespace GoAround.Core.Tests.Cache.Conformance;

/// <summary>One case of tests/attack/cache, its variables put in.</summary>
/// <param name="Family">What it is about.</param>
/// <param name="Kind">required, optional or check.</param>
/// <param name="Section">RFC and section, with a slash between.</param>
/// <param name="Title">A sentence.</param>
/// <param name="Lines">Its script.</param>
internal sealed record CacheCase(string Family, string Kind, string Section, string Title, IReadOnlyList<string> Lines)
{
    public string Name => $"{Family}: {Title}";
}
