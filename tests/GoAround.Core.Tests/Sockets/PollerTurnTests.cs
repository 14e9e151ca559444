using System;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Http;
using GoAround.Core.Sockets;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Sockets;

public sealed class PollerTurnTests
{
    private const int PieceBytes = 64 * 1024;

    [LinuxFact]
    public async Task On_a_pollers_thread_it_goes_on_there_and_those_who_came_first_before_it()
    {
        using SocketPair pair = await SocketPair.OpenAsync();
        using PolledTransport transport = new(pair.Near);
        using Inbox inbox = new(transport, 4096);
        Task<string> order = OrderAsync();
        await pair.Far.SendAsync("go");
        Assert.Equal("here, first, second, same thread", await order.WaitAsync(WireEnd.Patience));

        async Task<string> OrderAsync()
        {
            ValueTask<Transfer> fill = inbox.FillAsync();
            Assert.False(fill.IsCompleted);
            await fill.ConfigureAwait(false);
            Thread poller = Thread.CurrentThread;
            string told = "";
            Task first = TellAsync(" first,");
            told += "here,";
            await default(PollerTurn);
            told += " second,";
            Assert.True(first.IsCompleted);
            return told + (Thread.CurrentThread == poller && !poller.IsThreadPoolThread ? " same thread" : " another thread");

            async Task TellAsync(string what)
            {
                await default(PollerTurn);
                told += what;
            }
        }
    }

    [Fact]
    public async Task Elsewhere_it_goes_on_upon_the_thread_pool()
    {
        TaskCompletionSource<bool> wasPool = new();
        Thread thread = new(() => _ = TurnAsync());
        thread.Start();
        Assert.True(await wasPool.Task.WaitAsync(WireEnd.Patience));

        async Task TurnAsync()
        {
            await default(PollerTurn);
            wasPool.SetResult(Thread.CurrentThread.IsThreadPoolThread);
        }
    }

    [PolledFact]
    public async Task Fast_download_lets_others_go_first_after_its_share()
    {
        const int Pieces = 100;
        int read = 0, readAtTurn = 0;
        bool isOnPoller = false;
        byte[] piece = new byte[PieceBytes];
        await using ProxyFixture proxy = await ProxyFixture.ServeAsync((request, _) =>
            new(new ProxyResponse { Body = request.Method == RequestMethod.Put ? MessageBody.Empty : new ScriptedBody(Pieces * PieceBytes, _ => Read()) }));
        while (!isOnPoller) // a request that is there already when it is looked for is not read on a poller's thread: the first of a connection as a rule
        {
            read = 0;
            using WireEnd client = await proxy.ConnectAsync();
            await client.SendAsync("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
            await client.ReadHeadAsync();
            await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
            await client.ReadToEndAsync();
        }

        Assert.InRange(readAtTurn, 1, PollerTurn.Share / PieceBytes);

        ValueTask<ReadOnlyMemory<byte>> Read()
        {
            if (read++ == 0)
            {
                isOnPoller = Poller.TryPutOff(() => readAtTurn = read);
            }

            return new(piece);
        }
    }
}
