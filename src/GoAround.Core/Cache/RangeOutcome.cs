namespace GoAround.Core.Cache;

/// <summary>What of a stored response answers a request, and which bytes.</summary>
/// <param name="Kind">All, a part, or nothing.</param>
/// <param name="First">The first byte of the part.</param>
/// <param name="Last">The last byte of the part.</param>
internal readonly record struct RangeOutcome(RangeKind Kind, long First, long Last)
{
    /// <summary>Bytes of the part.</summary>
    public long Length => Last - First + 1;
}
