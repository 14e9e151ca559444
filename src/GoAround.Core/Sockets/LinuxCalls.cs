using System;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace GoAround.Core.Sockets;

/// <summary>The few system calls that carry the bytes where this process polls its sockets itself.</summary>
internal static partial class LinuxCalls
{
    public const int WouldBlock = 11; // EAGAIN
    public const int Interrupted = 4; // EINTR
    public const int BrokenPipe = 32; // EPIPE

    public const uint Readable = 0x001; // EPOLLIN
    public const uint Urgent = 0x002; // EPOLLPRI
    public const uint Writable = 0x004; // EPOLLOUT
    public const uint Failed = 0x008; // EPOLLERR
    public const uint HungUp = 0x010; // EPOLLHUP
    public const uint PeerClosed = 0x2000; // EPOLLRDHUP
    public const uint EdgeTriggered = 1u << 31; // EPOLLET

    public const int Add = 1; // EPOLL_CTL_ADD

    public const int Peek = 0x2; // MSG_PEEK
    public const int DoNotWait = 0x40; // MSG_DONTWAIT
    public const int NoSignal = 0x4000; // MSG_NOSIGNAL

    private const nuint OutputQueue = 0x5411; // SIOCOUTQ
    private const int TcpLevel = 6; // IPPROTO_TCP
    private const int TcpInfo = 11; // TCP_INFO
    private const byte Closed = 7; // TCP_CLOSE, in tcpi_state, the first byte of struct tcp_info
    private const int BytesReceivedOffset = 128; // tcpi_bytes_received of struct tcp_info, in all kernels since 4.1

    private const int CloseOnExec = 0x80000; // EPOLL_CLOEXEC

    private static readonly nint SendNumber = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 44 : 206; // __NR_sendto
    private static readonly nint ReceiveNumber = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 45 : 207; // __NR_recvfrom

    /// <summary>Receives what is there, without waiting; below zero: nothing, and <paramref name="errno"/> says why.</summary>
    /// <exception cref="ObjectDisposedException">The socket was closed from this side.</exception>
    public static unsafe nint ReceiveNow(SafeHandle socket, byte* buffer, int length, out int errno) =>
        Call(ReceiveNumber, socket, buffer, length, DoNotWait, out errno);

    /// <summary>Sends what the socket takes, without waiting; below zero: nothing, and <paramref name="errno"/> says why.</summary>
    /// <exception cref="ObjectDisposedException">The socket was closed from this side.</exception>
    public static unsafe nint SendNow(SafeHandle socket, byte* buffer, int length, out int errno) =>
        Call(SendNumber, socket, buffer, length, DoNotWait | NoSignal, out errno);

    /// <summary>Bytes that were handed to a socket and that the other side has not acknowledged; 0 where the system does not tell.</summary>
    public static unsafe int Unacknowledged(SafeHandle socket)
    {
        int bytes = 0;
        try
        {
            return OperatingSystem.IsLinux() && Ask(socket, OutputQueue, &bytes) == 0 ? bytes : 0;
        }
        catch (ObjectDisposedException)
        {
            return 0;
        }
    }

    /// <summary>Bytes that have come over a TCP connection, received or not, and its end counts as one; null where the system does not tell.</summary>
    public static unsafe long? BytesCome(SafeHandle socket)
    {
        byte* info = stackalloc byte[BytesReceivedOffset + sizeof(long)];
        int length = BytesReceivedOffset + sizeof(long);
        try
        {
            return OperatingSystem.IsLinux() && GetOption(socket, TcpLevel, TcpInfo, info, &length) == 0 && length == BytesReceivedOffset + sizeof(long)
                ? *(long*)(info + BytesReceivedOffset)
                : null;
        }
        catch (ObjectDisposedException)
        {
            return null;
        }
    }

    /// <summary>A TCP connection is over in both directions, by a reset or in order; false where the system does not tell.</summary>
    public static unsafe bool IsClosed(SafeHandle socket)
    {
        byte state;
        int length = sizeof(byte);
        try
        {
            return OperatingSystem.IsLinux() && GetOption(socket, TcpLevel, TcpInfo, &state, &length) == 0 && length == sizeof(byte) && state == Closed;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>A receive would bring bytes, or an end; false where the system does not tell.</summary>
    public static unsafe bool IsReadable(SafeHandle socket)
    {
        byte first;
        try
        {
            return OperatingSystem.IsLinux()
                && (Receive(socket, &first, 1, Peek | DoNotWait) >= 0 || Marshal.GetLastPInvokeError() is not (WouldBlock or Interrupted));
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
    }

    /// <summary>What an error of a receive or a send means.</summary>
    public static SocketError ErrorOf(int errno) => errno switch
    {
        BrokenPipe or 104 => SocketError.ConnectionReset, // EPIPE, ECONNRESET
        103 => SocketError.ConnectionAborted,
        110 => SocketError.TimedOut,
        9 or 107 or 108 => SocketError.NotConnected, // EBADF, ENOTCONN, ESHUTDOWN
        _ => SocketError.SocketError,
    };

    /// <summary>How the other side has ended the connection, whatever is unread; <see cref="PeerEnd.None"/> where the system does not tell.</summary>
    public static unsafe PeerEnd PeerEndOf(SafeHandle socket)
    {
        if (!OperatingSystem.IsLinux())
        {
            return PeerEnd.None;
        }

        bool isHeld = false;
        try
        {
            socket.DangerousAddRef(ref isHeld); // the number is not given to another socket meanwhile
            PollRequest request = new() { Socket = (int)socket.DangerousGetHandle(), Events = (short)PeerClosed };
            if (Poll(&request, 1, 0) <= 0)
            {
                return PeerEnd.None;
            }

            uint events = (ushort)request.Occurred;
            return (events & Failed) != 0 ? PeerEnd.Reset : (events & (PeerClosed | HungUp)) != 0 ? PeerEnd.Closed : PeerEnd.None;
        }
        catch (ObjectDisposedException)
        {
            return PeerEnd.Reset;
        }
        finally
        {
            if (isHeld)
            {
                socket.DangerousRelease();
            }
        }
    }

    /// <summary>An epoll instance; negative where there is none to be had.</summary>
    public static int CreatePoll() => EpollCreate(CloseOnExec);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    public static unsafe partial int Control(int poll, int operation, SafeHandle socket, byte* registration);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    public static unsafe partial int Wait(int poll, byte* ready, int capacity, int timeoutMilliseconds);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    public static unsafe partial nint Receive(SafeHandle socket, byte* buffer, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    public static unsafe partial nint SendMessage(SafeHandle socket, MessageHeader* message, int flags);

    /// <summary>
    /// The bare call: libc's functions are points of cancellation besides, which costs some, and so does an errno that is kept where the call went well.
    /// Nothing stands between the call and the question for its error, as in the code that the compiler makes for SetLastError.
    /// </summary>
    private static unsafe nint Call(nint number, SafeHandle socket, byte* buffer, nint length, nint flags, out int errno)
    {
        bool isHeld = false;
        socket.DangerousAddRef(ref isHeld); // the number is not given to another socket meanwhile; nothing below throws
        nint count = Call(number, socket.DangerousGetHandle(), buffer, length, flags, 0, 0);
        errno = count < 0 ? Marshal.GetLastSystemError() : 0;
        socket.DangerousRelease();
        return count;
    }

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static unsafe partial nint Call(nint number, nint socket, byte* buffer, nint length, nint flags, nint address, nint addressLength);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static unsafe partial int Ask(SafeHandle socket, nuint question, int* answer);

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    private static unsafe partial int GetOption(SafeHandle socket, int level, int option, byte* value, int* length);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static unsafe partial int Poll(PollRequest* requests, nuint count, int timeoutMilliseconds);

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int EpollCreate(int flags);

    /// <summary>struct msghdr of 64-bit Linux, little-endian: musl's has 32 bits for a count and 32 that are 0.</summary>
    public unsafe struct MessageHeader
    {
        public void* Name;
        public nuint NameLength;
        public void* Pieces;
        public nuint PieceCount;
        public void* Control;
        public nuint ControlLength;
        public nuint Flags;
    }

    // struct pollfd; the flags have the values of epoll's.
    private struct PollRequest
    {
        public int Socket;
        public short Events;
        public short Occurred;
    }
}
