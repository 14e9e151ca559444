using System;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Http;
using GoAround.Core.Sockets;

namespace GoAround.Fuzz;

/// <summary>
/// The input as the body of a backend's answer, through the whole balancer over real sockets: chunked, by a length that is too short, right or too
/// long, and until the close. A client gets the content and nothing else, or what it gets is cut so that it cannot look whole; nothing of it ever
/// stands in the next answer; every slot comes back.
/// </summary>
internal sealed class ResponseBodyTarget : IFuzzTarget
{
    private const string Next = "the next one";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(50);

    // The balancer looks at a socket that was idle for longer than a millisecond before it uses it again; what comes later still, nobody can tell from an answer.
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(3);

    private readonly ScriptedBackend _backend;
    private FuzzBalancer? _balancer;
    private volatile BodyScript? _script;
    private volatile TaskCompletionSource _sent = new();

    private ResponseBodyTarget() => _backend = new ScriptedBackend(ServeAsync);

    /// <inheritdoc/>
    public string Name => "response-body";

    private FuzzBalancer Balancer => _balancer!; // set by OpenAsync

    /// <summary>Opens the balancer and the backend on free ports of this machine.</summary>
    public static async Task<ResponseBodyTarget> OpenAsync()
    {
        ResponseBodyTarget target = new();
        target._balancer = await FuzzBalancer.OpenAsync(target._backend.Port);
        return target;
    }

    /// <inheritdoc/>
    public async ValueTask<int> RunAsync(byte[] input, Random random)
    {
        HashCode features = default;
        foreach (BodyFraming framing in (BodyFraming[])[BodyFraming.Chunked, BodyFraming.Length, BodyFraming.UntilClose])
        {
            BodyScript script = Script(input, framing, random);
            string method = random.Next(8) == 0 ? "HEAD" : "GET";
            bool isHttp10 = random.Next(4) == 0;
            try
            {
                SeenAnswer answer = await AskAsync(script, method, isHttp10);
                features.Add((framing, method, isHttp10, script.IsWhole, answer.StatusCode, answer.IsWhole, answer.Body.Length == 0));
            }
            catch (Exception error) when (error is FuzzFailure or OperationCanceledException)
            {
                string what = error is FuzzFailure ? error.Message : "it hangs";
                throw new FuzzFailure($"{method}{(isHttp10 ? " of HTTP/1.0" : "")}, {framing}: {what}; sent in pieces to {string.Join(',', script.Ends)}: '{Encoding.Latin1.GetString(script.Wire)}'");
            }
        }

        return features.ToHashCode();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Balancer.DisposeAsync();
        _backend.Dispose();
    }

    private static BodyScript Script(byte[] input, BodyFraming framing, Random random)
    {
        string content = Encoding.Latin1.GetString(input);
        string field = "";
        bool isWhole = true;
        bool isExact = framing != BodyFraming.UntilClose;
        switch (framing)
        {
            case BodyFraming.Chunked:
                field = "Transfer-Encoding: chunked\r\n";
                int position = 0;
                isWhole = CodecReader.ReadChunked(input, [input.Length], ref position, out _, out _, out _) == StreamEnd.Clean;
                isExact = isWhole && position == input.Length;
                position = 0;
                ReferenceReader.ReadChunked(content, ref position, out content, out _);
                break;
            case BodyFraming.Length:
                int length = Math.Max(0, input.Length + (random.Next(3) == 0 ? random.Next(-9, 10) : 0));
                field = $"Content-Length: {length}\r\n";
                isWhole = length <= input.Length;
                isExact = length == input.Length;
                content = content[..Math.Min(length, input.Length)];
                break;
        }

        byte[] wire = [.. Encoding.Latin1.GetBytes($"HTTP/1.1 200 OK\r\n{field}\r\n"), .. input];
        return new BodyScript { Wire = wire, Ends = CodecReader.RandomEnds(random, wire.Length), Content = content, IsWhole = isWhole, MayStay = isWhole && isExact };
    }

    private async Task<SeenAnswer> AskAsync(BodyScript script, string method, bool isHttp10)
    {
        _sent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _script = script;
        using CancellationTokenSource patience = new(Patience);
        using Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(Balancer.EndPoint, patience.Token);
        await client.SendAsync(Encoding.Latin1.GetBytes($"{method} / HTTP/1.{(isHttp10 ? 0 : 1)}\r\nHost: h\r\n\r\n"), patience.Token);
        AnswerReader reader = new(client);
        SeenAnswer answer = await reader.ReadAsync(method == "HEAD", patience.Token);
        Check(script, method, answer);
        await Balancer.UntilAllSlotsAreBackAsync();
        await _sent.Task.WaitAsync(patience.Token); // also where this client is done: the next one may get the backend's socket
        await Task.Delay(script.MayStay && method == "GET" ? TimeSpan.Zero : Quiet, patience.Token);
        if (answer.Stays)
        {
            await client.SendAsync("GET /next HTTP/1.1\r\nHost: h\r\n\r\n"u8.ToArray(), patience.Token);
            SeenAnswer next = await reader.ReadAsync(false, patience.Token);
            if (next is not { StatusCode: 200, Body: Next, IsWhole: true })
            {
                throw new FuzzFailure($"the next answer is {next}");
            }
        }

        Balancer.ExpectNoErrors();
        return answer;
    }

    private static void Check(BodyScript script, string method, SeenAnswer answer)
    {
        bool isFine = method == "HEAD" ? answer is { StatusCode: 200, IsWhole: true, Body: "" }
            : script.IsWhole ? answer.StatusCode == 200 && answer.IsWhole && answer.Body == script.Content
            : answer.StatusCode == 502 ? answer.IsWhole
            : !answer.IsWhole && script.Content.StartsWith(answer.Body, StringComparison.Ordinal);
        if (!isFine)
        {
            throw new FuzzFailure($"the client got {answer} of {(script.IsWhole ? "the whole" : "a broken")} '{script.Content}'");
        }
    }

    private async Task ServeAsync(Socket socket, string head, CancellationToken stop)
    {
        while (head.Length > 0)
        {
            if (head.Contains(" /next ", StringComparison.Ordinal))
            {
                await socket.SendAsync(Encoding.Latin1.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {Next.Length}\r\n\r\n{Next}"), stop);
            }
            else if (_script is { } script)
            {
                await SendAsync(socket, script, !script.MayStay || head.StartsWith("HEAD ", StringComparison.Ordinal), stop);
            }

            head = await ScriptedBackend.ReadHeadAsync(socket, stop);
        }
    }

    private async Task SendAsync(Socket socket, BodyScript script, bool hasStray, CancellationToken stop)
    {
        try
        {
            int start = 0;
            foreach (int end in script.Ends)
            {
                await socket.SendAsync(script.Wire.AsMemory(start, end - start), stop);
                start = end;
            }

            if (!script.MayStay)
            {
                socket.Shutdown(SocketShutdown.Send);
            }

            while (hasStray && LinuxCalls.Unacknowledged(socket.SafeHandle) > 0 && !LinuxCalls.IsClosed(socket.SafeHandle)) // it is to be there: on a busy machine even loopback takes its time
            {
                await Task.Delay(1, stop);
            }
        }
        finally
        {
            _sent.TrySetResult();
        }
    }
}
