namespace GoAround.Core.Http;

/// <summary>How far a parser has come with a head.</summary>
internal enum ParseStatus : byte
{
    /// <summary>Everything so far is fine; call again with more bytes appended.</summary>
    NeedMore,

    /// <summary>The head is whole.</summary>
    Complete,

    /// <summary>The head is malformed or too large; the parser's rejection says why, and stays.</summary>
    Rejected,
}
