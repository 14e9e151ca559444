using System;
using System.IO;
using System.Net.Sockets;

namespace GoAround.Cli.Control;

/// <summary>The place of the control socket in the file system.</summary>
internal static class ControlSocketFile
{
    private const int NotADevice = 6;        // ENXIO: what Linux answers to open(2) of a socket
    private const int NotSupported = 102;    // EOPNOTSUPP: what macOS does

    /// <summary>A listening socket at the path, that only this user can connect to. A file that a dead process left there is replaced.</summary>
    /// <exception cref="StartException">Somebody listens there, something that is no socket is there, or the place cannot be written to.</exception>
    public static Socket Listen(string path, int backlog)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder && !Directory.Exists(folder))
        {
            throw new StartException($"-control-socket: '{OneLine.Of(path)}' cannot be opened: there is no directory '{OneLine.Of(folder)}'");
        }

        RemoveStale(path);
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(path));

            // Before listen, so that at no moment somebody else could connect. SetUnixFileMode is not on Windows, nor are we.
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }

            socket.Listen(backlog);
            return socket;
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException)
        {
            socket.Dispose();
            throw StartException.For("control-socket", path, e);
        }
    }

    private static void RemoveStale(string path)
    {
        if (!Path.Exists(path))
        {
            return;
        }

        if (IsAlive(path))
        {
            throw new StartException($"-control-socket: '{OneLine.Of(path)}' belongs to another goaround that is running: give each its own path");
        }

        if (!IsSocket(path))
        {
            throw new StartException($"-control-socket: '{OneLine.Of(path)}' exists and is not a socket: it is left alone, give another path");
        }

        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StartException.For("control-socket", path, e);
        }
    }

    private static bool IsAlive(string path)
    {
        using Socket probe = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    // .NET does not tell a socket from a file; the kernel does, by refusing to open it. For reading and writing, so that a FIFO does not block.
    private static bool IsSocket(string path)
    {
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            return false;
        }
        catch (IOException e)
        {
            return e.HResult is NotADevice or NotSupported;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }
}
