using System;

namespace GoAround.Core;

/// <summary>The client's request was at fault after its head had been accepted: a malformed, too large or too slow body.</summary>
public sealed class ClientException : Exception
{
    /// <summary>Says which status the fault is answered with.</summary>
    /// <param name="statusCode">400, 408, 413 or 431; not checked.</param>
    /// <param name="message">One line, for the answer and the log.</param>
    public ClientException(int statusCode, string message)
        : base(message)
    {
        StatusCode = statusCode;
    }

    /// <summary>What to answer where nothing was sent yet: 400, 408, 413 or 431.</summary>
    public int StatusCode { get; }
}
