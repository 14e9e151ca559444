using System.Threading.Tasks;
using GoAround.Core.Sockets;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Sockets;

public sealed class HandshakeStreamTests
{
    [LinuxTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Only_a_short_step_of_a_handshake_goes_on_upon_the_poll_thread(bool isServer)
    {
        using SocketPair pair = await SocketPair.OpenAsync();
        using PolledTransport transport = new(pair.Near);
        using HandshakeStream wire = new(new PolledStream(transport)) { WatchesEnd = !isServer };
        Assert.False(await IsPolledAsync(pair, wire)); // the first of a client's, or a backend's answer to it
        await wire.WriteAsync(new byte[99]); // a HelloRetryRequest: what is long is still to come
        Assert.False(await IsPolledAsync(pair, wire));
        await wire.WriteAsync(new byte[100]);
        Assert.Equal(isServer, await IsPolledAsync(pair, wire));
    }

    /// <summary>Whether what waits for a byte goes on upon a poll thread.</summary>
    private static async Task<bool> IsPolledAsync(SocketPair pair, HandshakeStream wire)
    {
        Task<bool> next = ReadAsync(wire);
        await pair.Far.SendAsync("x");
        return await next.WaitAsync(WireEnd.Patience);
    }

    private static async Task<bool> ReadAsync(HandshakeStream wire)
    {
        Assert.Equal(1, await wire.ReadAsync(new byte[1]).ConfigureAwait(false));
        return Poller.IsCurrent;
    }
}
