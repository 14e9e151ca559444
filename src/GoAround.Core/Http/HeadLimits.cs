namespace GoAround.Core.Http;

/// <summary>What a head may cost at most.</summary>
/// <param name="MaxLineBytes">Bytes of the request or status line without its CRLF.</param>
/// <param name="MaxHeadBytes">Bytes from the first one received to the end of the empty line.</param>
/// <param name="MaxFields">Field lines, those included that a proxy takes out.</param>
internal readonly record struct HeadLimits(int MaxLineBytes, int MaxHeadBytes, int MaxFields);
