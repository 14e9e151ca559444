namespace GoAround.Fuzz;

/// <summary>What the backend of <see cref="ResponseBodyTarget"/> sends for one input, and what a client must get of it.</summary>
internal sealed record BodyScript
{
    /// <summary>Head and body, byte for byte.</summary>
    public required byte[] Wire { get; init; }

    /// <summary>Where the pieces end in which they are sent.</summary>
    public required int[] Ends { get; init; }

    /// <summary>All of the content that there is, in order.</summary>
    public required string Content { get; init; }

    /// <summary>The body comes to its end, and has no fault.</summary>
    public required bool IsWhole { get; init; }

    /// <summary>Nothing stands behind the body, and its end needs no close: the connection can be used again.</summary>
    public required bool MayStay { get; init; }
}
