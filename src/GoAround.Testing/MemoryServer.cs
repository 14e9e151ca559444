using System;
using System.IO;
using System.Runtime.ExceptionServices;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Testing;

/// <summary>One connection of a test backend that speaks HTTP/1.1: reads a request, does with it what the script says, and reads the next.</summary>
#pragma warning disable CA1001 // its own loop closes the stream; the token has neither a timer nor a parent
internal sealed class MemoryServer
#pragma warning restore CA1001
{
    private readonly TestBackend _backend;
    private readonly MemoryStreamEnd _stream;
    private readonly RequestReader _reader;
    private readonly CancellationTokenSource _closed = new();
    private bool _isInScript;

    public MemoryServer(TestBackend backend, MemoryPipe incoming, MemoryPipe outgoing)
    {
        _backend = backend;
        _stream = new MemoryStreamEnd(incoming, outgoing);
        _reader = new RequestReader(_stream);
        incoming.OnEnded = _closed.Cancel;
    }

    /// <summary>Serves until one of the two sides closes; nobody waits for its end, and what a script throws is thrown by whoever moves the clock.</summary>
    public void Start()
    {
        _backend.Life.Died += Break;
        _ = ServeAsync();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (await _reader.ReadAsync().ConfigureAwait(false) is { } request && await AnswerAsync(request).ConfigureAwait(false))
            {
                // and the next one
            }
        }
        catch (IOException) when (!_isInScript)
        {
            // the balancer closed it
        }
#pragma warning disable CA1031 // a script may be anybody's: the call that moves the clock throws what it threw
        catch (Exception error)
#pragma warning restore CA1031
        {
            _backend.Time.Enqueue(static fault => ((ExceptionDispatchInfo)fault!).Throw(), ExceptionDispatchInfo.Capture(error)); // handed over here
        }
        finally
        {
            _backend.Life.Died -= Break;
            _stream.Dispose();
        }
    }

    private void Break() => _stream.Break();

    /// <summary>Answers one request; false: the connection is over.</summary>
    private async Task<bool> AnswerAsync(RequestText request)
    {
        bool isCheck = request.Fields["User-Agent"]?.StartsWith("goaround-health/", StringComparison.Ordinal) == true;
        if (!isCheck)
        {
            _backend.Enter();
        }

        try
        {
            SeenRequest seen = _backend.Record(request.Method, request.Target, request.Authority, request.Fields, request.Body, isCheck);
            TestFault fault = _backend.MeetRequest(isCheck);
            _isInScript = true;
            TestReply reply = fault == TestFault.ServerError ? new TestReply(500) : _backend.ReplyTo(seen, isCheck);
            _isInScript = false;
            TimeSpan delay = fault == TestFault.NoAnswer ? Timeout.InfiniteTimeSpan : _backend.TakeDelay(isCheck);
            return await PassAsync(delay).ConfigureAwait(false)
                && await ReplyAsync(request, reply, fault).ConfigureAwait(false)
                && request.KeepsAlive;
        }
        finally
        {
            if (!isCheck)
            {
                _backend.Leave();
            }
        }
    }

    private async Task<bool> ReplyAsync(RequestText request, TestReply reply, TestFault fault)
    {
        byte[] head = Encoding.Latin1.GetBytes(HeadOf(reply));
        switch (fault)
        {
            case TestFault.ResetBeforeHead:
                Break();
                return false;
            case TestFault.ResetInHead:
                _stream.Write(head.AsSpan(0, head.Length / 2));
                Break();
                return false;
            case TestFault.Garbage:
                _stream.Write("220 this is not HTTP\r\n\r\n"u8);
                return false;
        }

        _stream.Write(head);
        if (request.Method == "HEAD" || reply.StatusCode is 204 or 304)
        {
            return true;
        }

        long end = fault is TestFault.ResetInBody or TestFault.StalledBody ? reply.Length / 2 : long.MaxValue;
        long sent = 0;
        for (int i = 0; i < reply.Pieces.Count && sent < end; i++)
        {
            if (i > 0 && !await PassAsync(reply.Pause).ConfigureAwait(false))
            {
                return false;
            }

            ReadOnlyMemory<byte> piece = reply.Pieces[i];
            piece = piece[..(int)Math.Min(piece.Length, end - sent)];
            sent += piece.Length;
            Send(piece.Span, reply.HasLength);
        }

        if (fault == TestFault.StalledBody)
        {
            await PassAsync(Timeout.InfiniteTimeSpan).ConfigureAwait(false);
        }
        else if (fault == TestFault.ResetInBody)
        {
            Break();
        }
        else if (!reply.HasLength)
        {
            _stream.Write("0\r\n\r\n"u8);
        }

        return fault is TestFault.None or TestFault.ServerError;
    }

    private static string HeadOf(TestReply reply)
    {
        StringBuilder head = new($"HTTP/1.1 {reply.StatusCode} Test\r\n");
        foreach ((string name, string value) in reply.Fields.ToPairs())
        {
            head.Append(name).Append(": ").Append(value).Append("\r\n");
        }

        return head.Append(reply.StatusCode == 204 ? "" : reply.HasLength ? $"Content-Length: {reply.Length}\r\n" : "Transfer-Encoding: chunked\r\n").Append("\r\n").ToString();
    }

    private void Send(ReadOnlySpan<byte> piece, bool hasLength)
    {
        if (hasLength)
        {
            _stream.Write(piece);
            return;
        }

        _stream.Write(Encoding.ASCII.GetBytes($"{piece.Length:x}\r\n"));
        _stream.Write(piece);
        _stream.Write("\r\n"u8);
    }

    /// <summary>Lets time pass; false: the connection is over before.</summary>
    private async Task<bool> PassAsync(TimeSpan time) =>
        await _backend.Life.WaitAsync(time, _closed.Token).ConfigureAwait(false) == WaitEnd.Passed && !_closed.IsCancellationRequested;
}
