using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading.Tasks;
using GoAround.Core.Sockets;
using Xunit;

namespace GoAround.Core.Tests.Wire;

/// <summary>One end of a connection in a test's hand, byte by byte. Every wait gives up after a long while, so that a fault fails instead of hanging.</summary>
internal sealed class WireEnd : IDisposable
{
    /// <summary>A safety net only: no test is decided by it unless something is broken.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly byte[] _chunk = new byte[64 * 1024];
    private readonly List<byte> _unread = [];
    private Stream _stream;

    public WireEnd(Socket socket)
    {
        Socket = socket;
        socket.NoDelay = true;
        _stream = new NetworkStream(socket, ownsSocket: true);
    }

    public Socket Socket { get; }

    /// <summary>
    /// All that was sent has come to the other side's system: where the kernel is busy, a send to this very machine returns before.
    /// One that has answered within 40 ms says so only with its next answer.
    /// </summary>
    public bool IsAcknowledged => LinuxCalls.Unacknowledged(Socket.SafeHandle) == 0 || LinuxCalls.IsClosed(Socket.SafeHandle); // a reset answers what has come, too

    /// <summary>The other side's end has come, behind all that it sent; nothing of it need be read yet.</summary>
    public bool HasEndCome
    {
        get
        {
            const int Tcp = 6, TcpInfo = 11, CloseWait = 8; // tcp_info.tcpi_state, of Linux
            Span<byte> state = stackalloc byte[1];
            return Socket.GetRawSocketOption(Tcp, TcpInfo, state) == 1 && state[0] == CloseWait;
        }
    }

    /// <summary>A well-formed response with a date of its own, so that it passes through the proxy byte for byte.</summary>
    public static string Response(string body, string status = "200 OK", string fields = "") =>
        $"HTTP/1.1 {status}\r\nDate: D\r\n{fields}Content-Length: {body.Length}\r\n\r\n{body}";

    public void Dispose() => _stream.Dispose();

    /// <summary>Closes with a reset.</summary>
    public void Reset()
    {
        Socket.LingerState = new LingerOption(true, 0);
        Socket.Dispose();
    }

    public void ShutdownSend() => Socket.Shutdown(SocketShutdown.Send);

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public Task SendAsync(ReadOnlyMemory<byte> bytes) => _stream.WriteAsync(bytes).AsTask().WaitAsync(Patience);

    /// <summary>Sends; false: the other side has reset the connection.</summary>
    public async Task<bool> TrySendAsync(string text)
    {
        try
        {
            await SendAsync(text);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Reads up to and with a marker.</summary>
    public async Task<string> ReadUntilAsync(string marker)
    {
        while (true)
        {
            string text = Encoding.Latin1.GetString([.. _unread]);
            int at = text.IndexOf(marker, StringComparison.Ordinal);
            if (at >= 0)
            {
                return Take(at + marker.Length);
            }

            if (await ReceiveAsync() == 0)
            {
                throw new EndOfStreamException($"the end came before '{marker}', after '{text}'");
            }
        }
    }

    /// <summary>Reads a head, with the empty line; null where the other side has closed in order instead.</summary>
    public async Task<string?> TryReadHeadAsync()
    {
        if (_unread.Count == 0 && await ReceiveAsync() == 0)
        {
            return null;
        }

        return await ReadUntilAsync("\r\n\r\n");
    }

    public Task<string> ReadHeadAsync() => ReadUntilAsync("\r\n\r\n");

    public async Task<string> ReadAsync(int count)
    {
        while (_unread.Count < count)
        {
            if (await ReceiveAsync() == 0)
            {
                throw new EndOfStreamException($"the end came after '{Encoding.Latin1.GetString([.. _unread])}'");
            }
        }

        return Take(count);
    }

    /// <summary>The next bytes are these.</summary>
    public async Task ExpectAsync(string text) => Assert.Equal(text, await ReadAsync(text.Length));

    /// <summary>Reads what comes until the other side closes in order.</summary>
    public async Task<string> ReadToEndAsync()
    {
        while (await ReceiveAsync() > 0)
        {
        }

        return Take(_unread.Count);
    }

    /// <summary>The other side closes in order, and sends nothing more before.</summary>
    public async Task ExpectEndAsync() => Assert.Equal("", await ReadToEndAsync());

    /// <summary>Reads what comes until the connection is reset; it must not end in order.</summary>
    public async Task<string> ReadToResetAsync()
    {
        try
        {
            await ReadToEndAsync();
        }
        catch (IOException error) when (error.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset })
        {
            return Take(_unread.Count);
        }

        Assert.Fail("the connection ended in order instead of by a reset");
        return "";
    }

    /// <summary>What has come and was not read.</summary>
    public string TakeAll() => Take(_unread.Count);

    /// <summary>Reads until the connection ends, in whichever way.</summary>
    public async Task<string> ReadToCloseAsync()
    {
        try
        {
            return await ReadToEndAsync();
        }
        catch (IOException error) when (error.InnerException is SocketException)
        {
            return Take(_unread.Count); // cut
        }
    }

    public async Task StartTlsAsServerAsync(X509Certificate2 certificate)
    {
        SslStream tls = new(_stream);
        _stream = tls;
        await tls.AuthenticateAsServerAsync(certificate).WaitAsync(Patience);
    }

    public Task StartTlsAsClientAsync(string host, X509Certificate2 trusted) => StartTlsAsClientAsync(_stream, host, trusted);

    /// <summary>Starts TLS over another stream on the same socket.</summary>
    public async Task StartTlsAsClientAsync(Stream wire, string host, X509Certificate2 trusted)
    {
        SslStream tls = new(wire);
        _stream = tls;
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = host,
            RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate!.GetRawCertData().SequenceEqual(trusted.RawData),
        }).WaitAsync(Patience);
    }

    /// <summary>Says by TLS that nothing more comes.</summary>
    public Task SendClosureAlertAsync() => ((SslStream)_stream).ShutdownAsync().WaitAsync(Patience);

    private async Task<int> ReceiveAsync()
    {
        int count = await _stream.ReadAsync(_chunk.AsMemory()).AsTask().WaitAsync(Patience);
        _unread.AddRange(_chunk.AsSpan(0, count));
        return count;
    }

    private string Take(int count)
    {
        string text = Encoding.Latin1.GetString([.. _unread[..count]]);
        _unread.RemoveRange(0, count);
        return text;
    }
}
