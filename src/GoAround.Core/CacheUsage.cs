namespace GoAround.Core;

/// <summary>What a store of responses holds at a moment.</summary>
/// <param name="Responses">Responses stored, markers included.</param>
/// <param name="Bytes">Bytes of bodies, heads, keys and what it takes to find them.</param>
/// <param name="CapacityBytes">Bytes it may hold; 0 where it does not know.</param>
/// <param name="Evictions">Responses removed so far to make room.</param>
public readonly record struct CacheUsage(long Responses, long Bytes, long CapacityBytes, long Evictions);
