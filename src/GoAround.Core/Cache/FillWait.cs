namespace GoAround.Core.Cache;

/// <summary>What a fetch waits for before it goes on beyond what is stored: what its readers do with one segment.</summary>
internal enum FillWait
{
    /// <summary>Everybody has begun to read.</summary>
    Begun,

    /// <summary>One has come there.</summary>
    Entered,

    /// <summary>Nobody is there any more, or somebody who is further on has nothing left to read.</summary>
    LeftOrStarved,

    /// <summary>Nobody is there any more, or nobody who is further on has nothing left to read.</summary>
    LeftOrNoneStarved,
}
