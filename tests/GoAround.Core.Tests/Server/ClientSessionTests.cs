using System;
using System.Linq;
using System.Threading.Tasks;
using GoAround.Core.Async;
using GoAround.Core.Server;
using GoAround.Core.Sockets;
using GoAround.Core.Tests.Sockets;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Core.Tests.Server;

/// <summary>What a session does on its poller's thread, turn by turn.</summary>
public sealed class ClientSessionTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

    [PolledTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Last_bytes_of_an_answer_for_which_there_was_no_room_are_sent_before_the_close(bool hasClientEnded)
    {
        using SocketPair pair = await SocketPair.OpenAsync();
        ClientSession? session = null;
        TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int filled = 0;
        Task run = Serve(pair, out session, () =>
        {
            Assert.NotNull(Poller.Current);
            filled = SocketPair.Fill(pair.Near);
            _ = EndAsync();
        });
        await pair.Far.SendAsync(Get);
        await ended.Task.WaitAsync(WireEnd.Patience);
        string all = await pair.Far.ReadToEndAsync();
        Assert.Equal(filled, all.LastIndexOf('\0') + 1);
        Assert.EndsWith("\r\nContent-Length: 2\r\n\r\nok", all, StringComparison.Ordinal);
        pair.Far.Dispose();
        await run.WaitAsync(WireEnd.Patience);

        async Task EndAsync()
        {
            await default(PollerTurn); // the answer was held, and did not fit
            if (hasClientEnded)
            {
                pair.Far.ShutdownSend();
                await default(PollerTurn);
            }
            else
            {
                session!.CloseWhenIdle();
            }

            await default(PollerTurn);
            ended.SetResult();
        }
    }

    [PolledFact]
    public async Task Others_have_their_turn_among_many_requests_that_are_answered_at_once()
    {
        using SocketPair pair = await SocketPair.OpenAsync();
        int served = 0;
        int servedAtTurn = 0;
        Task run = Serve(pair, out _, () =>
        {
            if (served++ == 0)
            {
                Assert.True(Poller.TryPutOff(() => servedAtTurn = served));
            }
        });
        const int Count = 140; // they fit into one receive
        await pair.Far.SendAsync(string.Concat(Enumerable.Repeat(Get, Count)));
        pair.Far.ShutdownSend();
        await pair.Far.ReadToEndAsync();
        await run.WaitAsync(WireEnd.Patience);
        Assert.Equal(Count, served);
        Assert.InRange(servedAtTurn, 1, Count / 2);
    }

    /// <summary>Serves one connection, with an answer that is there at once.</summary>
    private static Task Serve(SocketPair pair, out ClientSession session, Action onRequest)
    {
        ServerOptions options = new();
        ScriptedHandler handler = new((_, _) =>
        {
            onRequest();
            return new(new ProxyResponse { Body = MessageBody.FromBytes("ok"u8.ToArray()) });
        });
        FakeTimeProvider time = new();
        ServerContext server = new(options, handler, ProxyEvents.None, time, new DeadlineClock(time), NullLogger.Instance);
        session = new ClientSession(server, pair.Near, null);
        return session.RunAsync();
    }
}
