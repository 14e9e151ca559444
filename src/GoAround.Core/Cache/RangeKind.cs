namespace GoAround.Core.Cache;

/// <summary>What of a stored response answers a request.</summary>
internal enum RangeKind
{
    /// <summary>All of it: no Range, or one that is not taken.</summary>
    Whole,

    /// <summary>206 with one part.</summary>
    Part,

    /// <summary>416: no part of it was asked for.</summary>
    NotSatisfiable,
}
