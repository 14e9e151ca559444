namespace GoAround.Core.Pool;

/// <summary>What a request that waited in a line is told.</summary>
/// <param name="Slot">The slot it now holds and must give back; null where it was denied, or where it waited for a permit.</param>
/// <param name="Denial">Why it got nothing.</param>
internal readonly record struct Grant(Slot? Slot, Denial Denial);
