using System;
using System.Collections.Generic;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Fuzz;

/// <summary>
/// The input as the bytes of a tunnel behind a 101 (Switching Protocols), its first part from the client and the rest from the backend, through the
/// whole balancer over real sockets: each side gets what the other one sent, to the last byte, and then its end; the slot comes back.
/// </summary>
internal sealed class TunnelTarget : IFuzzTarget
{
    private const string Switch = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: fuzz\r\n\r\n";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(50);

    private readonly ScriptedBackend _backend;
    private FuzzBalancer? _balancer;
    private volatile Ends? _run;

    private TunnelTarget() => _backend = new ScriptedBackend(ServeAsync);

    /// <inheritdoc/>
    public string Name => "tunnel";

    private FuzzBalancer Balancer => _balancer!; // set by OpenAsync

    /// <summary>Opens the balancer and the backend on free ports of this machine.</summary>
    public static async Task<TunnelTarget> OpenAsync()
    {
        TunnelTarget target = new();
        target._balancer = await FuzzBalancer.OpenAsync(target._backend.Port);
        return target;
    }

    /// <inheritdoc/>
    public async ValueTask<int> RunAsync(byte[] input, Random random)
    {
        int middle = random.Next(input.Length + 1);
        byte[] up = [.. "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: fuzz\r\n\r\n"u8, .. input.AsSpan(0, middle)];
        byte[] down = [.. Encoding.Latin1.GetBytes(Switch), .. input.AsSpan(middle)];
        Ends run = new(down, CodecReader.RandomEnds(random, down.Length), random.Next(2) == 0);
        _run = run;
        using CancellationTokenSource patience = new(Patience);
        try
        {
            using Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await client.ConnectAsync(Balancer.EndPoint, patience.Token);
            string got = await TalkAsync(client, "", up, CodecReader.RandomEnds(random, up.Length), !run.EndsFirst, patience.Token);
            string atBackend = await run.Received.Task.WaitAsync(patience.Token);
            await Balancer.UntilAllSlotsAreBackAsync();
            Expect("the backend", Encoding.Latin1.GetString(input, 0, middle), atBackend);
            Expect("the client", Encoding.Latin1.GetString(input, middle, input.Length - middle), got);
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            throw new FuzzFailure($"the tunnel with its middle at {middle} did not come to its end: {error.Message}");
        }

        Balancer.ExpectNoErrors();
        return HashCode.Combine(middle == 0, middle == input.Length, run.EndsFirst, int.Log2(middle + 1), int.Log2(input.Length - middle + 1));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Balancer.DisposeAsync();
        _backend.Dispose();
    }

    private static void Expect(string who, string sent, string received)
    {
        int end = received.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;
        if (received[end..] != sent)
        {
            throw new FuzzFailure($"{who} got '{received}' where '{sent}' was sent");
        }
    }

    /// <summary>Sends all, and reads all until the end; the half is closed before that or after it. Returns what was read.</summary>
    private static async Task<string> TalkAsync(Socket socket, string received, byte[] bytes, IEnumerable<int> ends, bool endsFirst, CancellationToken stop)
    {
        Task<string> reading = ReadToEndAsync(socket, received, stop);
        int start = 0;
        foreach (int end in ends)
        {
            await socket.SendAsync(bytes.AsMemory(start, end - start), stop);
            start = end;
        }

        if (endsFirst)
        {
            socket.Shutdown(SocketShutdown.Send);
        }

        received = await reading;
        if (!endsFirst)
        {
            socket.Shutdown(SocketShutdown.Send);
        }

        return received;
    }

    private static async Task<string> ReadToEndAsync(Socket socket, string received, CancellationToken stop)
    {
        byte[] room = new byte[16 * 1024];
        StringBuilder all = new(received);
        while (await socket.ReceiveAsync(room, stop) is > 0 and var count)
        {
            all.Append(Encoding.Latin1.GetString(room, 0, count));
        }

        return all.ToString();
    }

    private async Task ServeAsync(Socket socket, string head, CancellationToken stop)
    {
        if (_run is { } run)
        {
            try
            {
                run.Received.TrySetResult(await TalkAsync(socket, head, run.Down, run.Pieces, run.EndsFirst, stop));
            }
            catch (SocketException error)
            {
                run.Received.TrySetException(error);
            }
        }
    }

    /// <summary>What the backend does for one input.</summary>
    private sealed record Ends(byte[] Down, int[] Pieces, bool EndsFirst)
    {
        public TaskCompletionSource<string> Received { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
