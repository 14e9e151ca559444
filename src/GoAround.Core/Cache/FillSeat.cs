namespace GoAround.Core.Cache;

/// <summary>How somebody comes to a fetch.</summary>
internal enum FillSeat
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>It is its own, and has to be started.</summary>
    Leader,

    /// <summary>It is one that was under way already.</summary>
    Joined,

    /// <summary>Not yet: a fetch has ended since the store was looked into.</summary>
    LookAgain,
}
