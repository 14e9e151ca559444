using System.Net.Sockets;

namespace GoAround.Core.Sockets;

/// <summary>The outcome of one receive: bytes, the end of the stream, or an error.</summary>
/// <param name="Count">Bytes received; 0 at the end of the stream and with an error.</param>
/// <param name="Error">What went wrong; <see cref="SocketError.OperationAborted"/> where the wait was given up.</param>
internal readonly record struct Transfer(int Count, SocketError Error)
{
    /// <summary>Nothing arrived: the wait was given up, and the receive itself goes on.</summary>
    public static Transfer GivenUp { get; } = new(0, SocketError.OperationAborted);

    /// <summary>Bytes have arrived.</summary>
    public bool HasBytes => Count > 0;

    /// <summary>The other side has closed its half in order.</summary>
    public bool IsEnd => Count == 0 && Error == SocketError.Success;
}
