using System;
using System.Globalization;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Xunit;

namespace GoAround.Cli.Tests.EndToEnd;

/// <summary>One connection that is used again and again. Forgives nothing: HttpClient would hide a lost request by sending it once more.</summary>
internal sealed class KeepAliveClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[16 * 1024];
    private int _end;

    private KeepAliveClient()
    {
    }

    /// <summary>Connects to a port of this machine.</summary>
    public static async Task<KeepAliveClient> ConnectAsync(int port)
    {
        KeepAliveClient client = new();
        try
        {
            await client._socket.ConnectAsync(IPAddress.Loopback, port).WaitAsync(Patience);
            return client;
        }
        catch (Exception)
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Sends one GET over a connection of its own.</summary>
    public static async Task<Answer> GetOnceAsync(int port, string target)
    {
        using KeepAliveClient client = await ConnectAsync(port);
        return await client.GetAsync(target);
    }

    /// <summary>Sends a GET and reads its response.</summary>
    /// <exception cref="IOException">The connection broke, or what came is not one whole response.</exception>
    public async Task<Answer> GetAsync(string target)
    {
        using CancellationTokenSource patience = new(Patience);
        ReadOnlyMemory<byte> request = Encoding.ASCII.GetBytes($"GET {target} HTTP/1.1\r\nHost: test\r\n\r\n");
        while (!request.IsEmpty)
        {
            request = request[await _socket.SendAsync(request, patience.Token)..];
        }

        int headEnd;
        while ((headEnd = _buffer.AsSpan(0, _end).IndexOf("\r\n\r\n"u8)) < 0)
        {
            await FillAsync(patience.Token);
        }

        string head = Encoding.Latin1.GetString(_buffer, 0, headEnd + 2);
        int length = int.Parse(FieldOf(head, "Content-Length") ?? throw new IOException($"no Content-Length in {head}"), CultureInfo.InvariantCulture);
        int total = headEnd + 4 + length;
        while (_end < total)
        {
            await FillAsync(patience.Token);
        }

        if (_end > total)
        {
            throw new IOException($"{_end - total} bytes came after the response: {head}");
        }

        _end = 0;
        string body = Encoding.Latin1.GetString(_buffer, headEnd + 4, length);
        return new Answer(int.Parse(head.AsSpan(9, 3), CultureInfo.InvariantCulture), FieldOf(head, "X-Backend") ?? "", head, body);
    }

    /// <summary>Waits until the other side closes the connection, and asserts that it sends nothing before.</summary>
    public async Task CloseFollowsAsync()
    {
        using CancellationTokenSource patience = new(Patience);
        Assert.Equal(0, await _socket.ReceiveAsync(_buffer, patience.Token));
    }

    public void Dispose() => _socket.Dispose();

    private static string? FieldOf(string head, string name)
    {
        int at = head.IndexOf($"\r\n{name}: ", StringComparison.OrdinalIgnoreCase);
        if (at < 0)
        {
            return null;
        }

        int start = at + name.Length + 4;
        return head[start..head.IndexOf("\r\n", start, StringComparison.Ordinal)];
    }

    private async Task FillAsync(CancellationToken cancellationToken)
    {
        int count = await _socket.ReceiveAsync(_buffer.AsMemory(_end), cancellationToken);
        if (count == 0)
        {
            throw new IOException($"the connection was closed after {_end} bytes of a response");
        }

        _end += count;
    }
}
