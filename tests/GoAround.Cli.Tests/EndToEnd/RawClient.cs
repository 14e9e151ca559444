using System;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Cli.Tests.EndToEnd;

/// <summary>A connection that sends any bytes, and reads what comes.</summary>
internal sealed class RawClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[64 * 1024];

    private RawClient()
    {
    }

    /// <summary>Connects to a port of this machine, and sends a text.</summary>
    public static async Task<RawClient> SendAsync(int port, string text)
    {
        RawClient client = new();
        try
        {
            await client._socket.ConnectAsync(IPAddress.Loopback, port).WaitAsync(Patience);
            await client.SendAsync(text);
            return client;
        }
        catch (Exception)
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Sends a text on a connection of its own, and returns all that comes until the other side closes.</summary>
    public static async Task<string> AskAsync(int port, string text)
    {
        using RawClient client = await SendAsync(port, text);
        return await client.ReadAsync(static _ => false);
    }

    /// <summary>Sends more; a connection that is closed already shows when it is read.</summary>
    public async Task SendAsync(string text)
    {
        try
        {
            for (ReadOnlyMemory<byte> rest = Encoding.Latin1.GetBytes(text); !rest.IsEmpty;)
            {
                rest = rest[await _socket.SendAsync(rest).AsTask().WaitAsync(Patience)..];
            }
        }
        catch (SocketException)
        {
        }
    }

    /// <summary>Returns what comes until it is enough, or the other side closes, or resets, which is as good.</summary>
    public async Task<string> ReadAsync(Func<string, bool> isEnough)
    {
        using CancellationTokenSource patience = new(Patience);
        StringBuilder text = new();
        try
        {
            int count;
            while (!isEnough(text.ToString()) && (count = await _socket.ReceiveAsync(_buffer, patience.Token)) > 0)
            {
                text.Append(Encoding.Latin1.GetString(_buffer, 0, count));
            }
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
        }

        return text.ToString();
    }

    public void Dispose() => _socket.Dispose();
}
