namespace GoAround.Core.Outgoing;

/// <summary>What the fields of a message say about how its content is sent.</summary>
internal struct OutgoingFraming
{
    /// <summary>Chunked was asked for.</summary>
    public bool IsChunked;

    /// <summary>The value of Connection, or null.</summary>
    public string? Connection;

    /// <summary>The content waits for 100 (Continue).</summary>
    public bool ExpectsContinue;
}
