namespace GoAround.Fuzz;

/// <summary>One final answer as a client saw it.</summary>
/// <param name="StatusCode">0: none came.</param>
/// <param name="Body">Latin-1, byte for byte; what there was of it.</param>
/// <param name="IsWhole">It came to the end that its framing tells.</param>
/// <param name="Stays">The connection may carry another request.</param>
internal sealed record SeenAnswer(int StatusCode, string Body, bool IsWhole, bool Stays);
