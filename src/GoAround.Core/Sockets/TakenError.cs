using System.Net.Sockets;
using System.Threading;

namespace GoAround.Core.Sockets;

/// <summary>
/// The error of a socket that a send was told: the kernel tells each once, and whoever receives then reads an end. A reset behind an end that came in order
/// is told as EPIPE, and is none here: there the end is genuine.
/// </summary>
internal struct TakenError
{
    private volatile SocketError _error;
    private volatile bool _isInCall;

    /// <summary>A thread is about to send.</summary>
    public void BeginCall() => _isInCall = true;

    /// <summary>It has sent, or not; 0: there was no error.</summary>
    public void EndCall(int errno)
    {
        if (errno is not (0 or LinuxCalls.WouldBlock or LinuxCalls.Interrupted or LinuxCalls.BrokenPipe))
        {
            _error = LinuxCalls.ErrorOf(errno);
        }

        _isInCall = false;
    }

    /// <summary>What was taken, by whoever has just read an end; success: nothing. Any thread.</summary>
    public readonly SocketError Read()
    {
        SpinWait wait = default;
        while (_isInCall)
        {
            wait.SpinOnce(); // it may have been told already, and not noted it
        }

        return _error;
    }
}
