namespace GoAround.Fuzz;

/// <summary>Why a reader of a connection's bytes stopped.</summary>
internal enum StreamEnd
{
    /// <summary>Between two messages: nothing is left.</summary>
    Clean,

    /// <summary>In the middle of a message that may be fine so far.</summary>
    Incomplete,

    /// <summary>At a message that is refused; nothing behind it is read.</summary>
    Refused,

    /// <summary>Behind a message that says that the connection closes; nothing behind it is read.</summary>
    Closed,
}
