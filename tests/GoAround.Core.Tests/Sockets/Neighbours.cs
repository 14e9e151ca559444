using System;
using System.Linq;
using System.Threading.Tasks;
using GoAround.Core.Sockets;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Sockets;

/// <summary>Connections of one poller, each with a receive under way.</summary>
internal sealed class Neighbours(SocketPair[] pairs, NoteSink[] sinks) : IAsyncDisposable
{
    public NoteSink[] Sinks => sinks;

    public static async Task<Neighbours> OpenAsync(int count)
    {
        SocketPair[] pairs = new SocketPair[count * Environment.ProcessorCount]; // they are given to the pollers in turn
        NoteSink[] sinks = new NoteSink[pairs.Length];
        for (int i = 0; i < pairs.Length; i++)
        {
            pairs[i] = await SocketPair.OpenAsync();
            sinks[i] = new NoteSink(new PolledTransport(pairs[i].Near));
            Assert.False(sinks[i].Transport.TryReceive(sinks[i], out _));
            await pairs[i].Far.SendAsync("look");
            await Until.TrueAsync(() => sinks[i].Count == 1, "was not told");
        }

        NoteSink[] chosen = [.. sinks.GroupBy(sink => sink.Poller).First(group => group.Count() >= count).Take(count)];
        Neighbours neighbours = new([.. pairs.OrderBy(pair => Order(pair, sinks, pairs, chosen))], chosen);
        neighbours.Renew();
        return neighbours;
    }

    /// <summary>Forgets what came, and receives anew.</summary>
    public void Renew()
    {
        foreach (NoteSink sink in sinks)
        {
            sink.Forget();
            Assert.False(sink.Transport.TryReceive(sink, out _));
        }
    }

    public Task SendAsync(int index) => pairs[index].Far.SendAsync("four");

    /// <summary>So many bytes have come that nobody has received.</summary>
    public Task UntilComeAsync(int index, int bytes) => Until.TrueAsync(() => pairs[index].Near.Available == bytes, "has not come");

    /// <summary>The poller has run all it knew of.</summary>
    public async Task SettleAsync()
    {
        for (int i = 0; i < 2; i++)
        {
            sinks[0].Told = null;
            sinks[0].Forget();
            Assert.False(sinks[0].Transport.TryReceive(sinks[0], out _));
            await SendAsync(0);
            await Until.TrueAsync(() => sinks[0].Count == 1, "was not told");
        }
    }

    public ValueTask DisposeAsync()
    {
        foreach (SocketPair pair in pairs)
        {
            pair.Dispose();
        }

        Array.ForEach(sinks, sink => sink.Transport.Dispose());
        return default;
    }

    private static int Order(SocketPair pair, NoteSink[] all, SocketPair[] pairs, NoteSink[] chosen) =>
        Array.IndexOf(chosen, all[Array.IndexOf(pairs, pair)]) is var place and >= 0 ? place : int.MaxValue;
}
