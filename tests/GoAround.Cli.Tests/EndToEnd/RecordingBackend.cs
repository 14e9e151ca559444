using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Cli.Tests.EndToEnd;

/// <summary>A backend that keeps the heads it got, as they came, and answers each with the same text; health checks with 200. Nothing of it is GoAround.</summary>
internal sealed class RecordingBackend : IAsyncDisposable
{
    private readonly string _answer;
    private readonly CancellationTokenSource _ending = new();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Lock _gate = new();
    private readonly List<string> _heads = [];
    private readonly List<Task> _serving = [];

    private RecordingBackend(string answer)
    {
        _answer = answer;
        _listener.Start();
        _serving.Add(AcceptAsync());
    }

    /// <summary>As <c>-b</c> takes it.</summary>
    public string Address => $"http://{_listener.LocalEndpoint}";

    /// <summary>The heads so far, without those of health checks.</summary>
    public IReadOnlyList<string> Heads
    {
        get
        {
            lock (_gate)
            {
                return [.. _heads];
            }
        }
    }

    /// <summary>Starts one; an empty answer is none.</summary>
    public static RecordingBackend Start(string answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") => new(answer);

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _listener.Dispose();
        Task[] serving;
        lock (_gate)
        {
            serving = [.. _serving];
        }

        await Task.WhenAll(serving);
        _ending.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket socket = await _listener.AcceptSocketAsync(_ending.Token);
                Task serving = ServeAsync(socket);
                lock (_gate)
                {
                    _serving.Add(serving);
                }
            }
        }
        catch (Exception error) when (error is OperationCanceledException || _ending.IsCancellationRequested)
        {
            // The listener may be gone before it is asked for the next one.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using Socket _ = socket;
        byte[] buffer = new byte[64 * 1024];
        string text = "";
        try
        {
            int count;
            while ((count = await socket.ReceiveAsync(buffer, _ending.Token)) > 0)
            {
                text += Encoding.Latin1.GetString(buffer, 0, count);
                for (int end; (end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal)) >= 0; text = text[(end + 4)..])
                {
                    await socket.SendAsync(Encoding.Latin1.GetBytes(Answer(text[..(end + 2)])), _ending.Token);
                }
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
        }
    }

    private string Answer(string head)
    {
        if (head.StartsWith("GET /health ", StringComparison.Ordinal))
        {
            return "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        }

        lock (_gate)
        {
            _heads.Add(head);
        }

        return _answer;
    }
}
