using System;
using System.Net.Sockets;

namespace GoAround.Cli;

/// <summary>The program cannot start, though its flags are right: the message is the one line the user sees, without the program's name.</summary>
internal sealed class StartException(string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>The line for something that the system refuses to open.</summary>
    public static StartException For(string flag, string value, Exception cause)
    {
        string reason = cause is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } ? "it is in use already" : OneLine.Of(cause.Message);
        return new StartException($"-{flag}: '{OneLine.Of(value)}' cannot be opened: {reason}", cause);
    }
}
