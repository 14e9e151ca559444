namespace GoAround.Core.Http;

/// <summary>What one step of the chunked decoder found.</summary>
internal enum ChunkStatus : byte
{
    /// <summary>No content in these bytes; call again with what was not consumed and more behind it.</summary>
    NeedMore,

    /// <summary>At least one byte of content.</summary>
    Data,

    /// <summary>The body has ended, trailers included.</summary>
    End,

    /// <summary>The coding is malformed; the decoder's rejection says why, and stays.</summary>
    Rejected,
}
