using System;

namespace GoAround.AspNetCore.Tests.Http3;

/// <summary>The server reset a stream before its end.</summary>
internal sealed class StreamResetException(long code) : Exception($"the stream was reset by code 0x{code:x}")
{
    /// <summary>As RFC 9114 §8.1 has it.</summary>
    public long Code { get; } = code;
}
