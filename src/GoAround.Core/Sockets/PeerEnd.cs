namespace GoAround.Core.Sockets;

/// <summary>How the other side has ended a connection, whatever of its bytes is still unread.</summary>
internal enum PeerEnd
{
    /// <summary>It has not, as far as is known.</summary>
    None,

    /// <summary>It has closed its half, in order; whether it still reads cannot be told.</summary>
    Closed,

    /// <summary>It is gone.</summary>
    Reset,
}
