using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Fuzz;

/// <summary>A client that sends what it is given over a connection of its own and hears the balancer out.</summary>
internal static class Conversation
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(50);

    /// <summary>Sends all the bytes and reads all the answers; returns their statuses.</summary>
    /// <param name="server">Where to connect to.</param>
    /// <param name="input">The client's bytes.</param>
    /// <param name="reference">What the reference reader finds in them.</param>
    /// <param name="random">Says where they are split.</param>
    /// <exception cref="OperationCanceledException">It hangs.</exception>
    public static async Task<IReadOnlyList<int>> HoldAsync(EndPoint server, byte[] input, SeenStream reference, Random random)
    {
        using CancellationTokenSource patience = new(Patience);
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server, patience.Token);
        Answers answers = new(socket);
        bool IsHead(int number) => number < reference.Requests.Count && reference.Requests[number].Method == "HEAD";
        try
        {
            int start = 0;
            foreach (int end in CodecReader.RandomEnds(random, input.Length))
            {
                await socket.SendAsync(input.AsMemory(start, end - start), patience.Token);
                start = end;
            }
        }
        catch (SocketException)
        {
            // It was refused before all of it was sent: the answer tells.
        }

        // Where more could follow, the client waits for its answers and only then says that nothing will.
        bool isOpenEnded = reference.End is StreamEnd.Clean or StreamEnd.Incomplete;
        if (!await answers.ReadAsync(IsHead, isOpenEnded ? reference.Requests.Count : int.MaxValue, patience.Token))
        {
            await EndAsync(socket, answers, reference, patience.Token);
        }

        return answers.Statuses;
    }

    private static async Task EndAsync(Socket socket, Answers answers, SeenStream reference, CancellationToken patience)
    {
        socket.Shutdown(SocketShutdown.Send);
        try
        {
            await answers.ReadAsync(_ => false, int.MaxValue, patience);
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionReset && reference.Partial is not null)
        {
            // Who leaves in the middle of a body is cut off.
        }
    }
}
