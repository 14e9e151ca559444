namespace GoAround.Testing;

/// <summary>How a test's requests travel.</summary>
public enum TestWire
{
    /// <summary>Message by message: fast, and what a test of steps, health checks or limits needs.</summary>
    Messages,

    /// <summary>Byte by byte, over streams in memory, through the balancer's own HTTP/1.1 as over a socket.</summary>
    Bytes,
}
