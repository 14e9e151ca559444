namespace GoAround.Testing;

/// <summary>How a wait for a test backend ended.</summary>
internal enum WaitEnd
{
    /// <summary>The time is over.</summary>
    Passed,

    /// <summary>The backend died meanwhile.</summary>
    Died,

    /// <summary>Whoever waits has left.</summary>
    Cancelled,
}
