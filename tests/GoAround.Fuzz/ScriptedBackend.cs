using System;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Fuzz;

/// <summary>A backend that hands every connection whose first request head has come to a function, and closes what that leaves.</summary>
internal sealed class ScriptedBackend : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<Socket, string, CancellationToken, Task> _serve;

    /// <param name="serve">Gets what was received, the head and perhaps more.</param>
    public ScriptedBackend(Func<Socket, string, CancellationToken, Task> serve)
    {
        _serve = serve;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(128);
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port; // bound above
        _ = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public int Port { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        _stop.Dispose();
    }

    /// <summary>Reads until a head is whole; what was read, or empty where the connection ended before.</summary>
    public static async Task<string> ReadHeadAsync(Socket socket, CancellationToken cancellationToken)
    {
        byte[] room = new byte[16 * 1024];
        string unread = "";
        while (!unread.Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            int count = await socket.ReceiveAsync(room, cancellationToken);
            if (count == 0)
            {
                return "";
            }

            unread += Encoding.Latin1.GetString(room, 0, count);
        }

        return unread;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await _listener.AcceptAsync(_stop.Token));
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // It was disposed.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using Socket connection = socket;
        connection.NoDelay = true;
        try
        {
            string head = await ReadHeadAsync(connection, _stop.Token);
            if (head.Length > 0)
            {
                await _serve(connection, head, _stop.Token);
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The balancer cut it, or it was disposed.
        }
    }
}
