using System;
using System.Collections.Concurrent;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Fuzz;

/// <summary>A backend that reads with the reference reader, keeps every request, and answers each with 200 and two bytes.</summary>
internal sealed class RecordingBackend : IDisposable
{
    private static readonly byte[] Continue = "HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray();

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stop = new();

    public RecordingBackend()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(128);
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port; // bound above
        _ = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public int Port { get; }

    /// <summary>The whole requests, in the order in which they ended.</summary>
    public ConcurrentQueue<SeenRequest> Requests { get; } = new();

    /// <summary>Requests that were cut off in their head or body.</summary>
    public ConcurrentQueue<SeenRequest> Partials { get; } = new();

    /// <summary>What no balancer may send.</summary>
    public ConcurrentQueue<string> Faults { get; } = new();

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        _stop.Dispose();
    }

    private static byte[] Answer(SeenRequest request) =>
        Encoding.Latin1.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{(request.Method == "HEAD" ? "" : "ok")}");

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
        string unread = "";
        SeenRequest? partial = null;
        try
        {
            using Socket connection = socket;
            connection.NoDelay = true;
            byte[] room = new byte[64 * 1024];
            bool wasTold = false;
            while (await connection.ReceiveAsync(room, _stop.Token) is > 0 and var count)
            {
                unread += Encoding.Latin1.GetString(room, 0, count);
                SeenStream stream = ReferenceReader.Read(unread, isBehind: true);
                foreach (SeenRequest request in stream.Requests)
                {
                    Requests.Enqueue(request);
                    await connection.SendAsync(Answer(request), _stop.Token);
                    wasTold = false;
                }

                unread = unread[stream.Requests.Sum(request => request.Length)..];
                partial = stream.Partial;
                if (stream.End == StreamEnd.Refused)
                {
                    Faults.Enqueue($"the balancer sent what the reference reader refuses: {unread}");
                    return;
                }

                if (!wasTold && partial is not null && ReferenceReader.List(partial.Fields, "Expect").Contains("100-continue"))
                {
                    wasTold = true;
                    await connection.SendAsync(Continue, _stop.Token);
                }
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The balancer cut it, or it was disposed.
        }

        if (partial is not null)
        {
            Partials.Enqueue(partial);
        }
    }
}
