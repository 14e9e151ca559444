using System;
using System.Threading.Tasks;
using GoAround.Core.Async;
using GoAround.Core.Sockets;

namespace GoAround.Core.Server;

/// <summary>
/// The last of a connection that closes by the book (RFC 9112 §9.6): the sending half is closed, and what still comes is read
/// for a while. Without that the kernel answers it with a reset, and the client may lose its last response to it.
/// </summary>
internal static class Lingering
{
    private const int PiecesBeforeYield = 32;
    private const int LateCalls = 2; // of the deadlines of the request that was answered, its body's and its client's grace: the thread pool may come to them only now

    /// <summary>The longest pause (nginx <c>lingering_timeout</c>).</summary>
    private static readonly TimeSpan PauseTimeout = TimeSpan.FromSeconds(5);

    /// <summary>The longest time in all (nginx <c>lingering_time</c>).</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    /// <summary>Reads and drops what comes, until the client closes, pauses too long, or the time is over.</summary>
    public static async ValueTask ReadAsync(ServerContext server, Inbox inbox)
    {
        using Deadline deadline = new(server.Clock, static inbox => ((Inbox)inbox).GiveUp(), inbox);
        long start = server.Time.GetTimestamp();
        inbox.Resume();
        int late = 0;
        for (int piece = 1; server.Time.GetElapsedTime(start) < Timeout; piece++)
        {
            inbox.Take(inbox.UnreadSpan.Length);
            deadline.Set(PauseTimeout);
            Transfer transfer = await inbox.FillAsync().ConfigureAwait(false);
            if (transfer == Transfer.GivenUp && !deadline.HasPassed && late < LateCalls)
            {
                late++;
                inbox.Resume();
                continue;
            }

            if (!transfer.HasBytes || deadline.HasPassed)
            {
                return;
            }

            if (piece % PiecesBeforeYield == 0)
            {
                await PollThread.Leave(); // one fast sender must not keep a poll thread for itself
            }
        }
    }
}
