using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Sockets;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Sockets;

public sealed class PolledListenerTests
{
    private const int Clients = 300;

    [LinuxFact]
    public async Task Everybody_who_connects_is_accepted_once()
    {
        using Socket socket = Listen();
        using PolledListener listener = new(socket);
        Task<List<string>> accepting = Task.Run(async () =>
        {
            List<string> accepted = [];
            while (accepted.Count < Clients)
            {
                using Socket connection = await listener.AcceptAsync(default);
                accepted.Add(connection.RemoteEndPoint!.ToString()!);
            }

            return accepted;
        });

        List<Socket> clients = [];
        for (int i = 0; i < Clients; i++)
        {
            clients.Add(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
            await clients[i].ConnectAsync(socket.LocalEndPoint!);
        }

        Assert.Equal(clients.Select(client => client.LocalEndPoint!.ToString()).Order(), (await accepting.WaitAsync(WireEnd.Patience)).Order());
        clients.ForEach(client => client.Dispose());
    }

    [LinuxFact]
    public async Task Token_ends_the_wait_and_who_comes_later_is_accepted_by_the_next_one()
    {
        using Socket socket = Listen();
        using PolledListener listener = new(socket);
        for (int i = 0; i < 50; i++)
        {
            using CancellationTokenSource stop = new();
            Task<Socket> waiting = listener.AcceptAsync(stop.Token).AsTask();
            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(WireEnd.Patience));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await listener.AcceptAsync(stop.Token));

            using Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await client.ConnectAsync(socket.LocalEndPoint!);
            using Socket accepted = await listener.AcceptAsync(default).AsTask().WaitAsync(WireEnd.Patience);
            Assert.Equal(client.LocalEndPoint, accepted.RemoteEndPoint);
        }
    }

    [LinuxFact]
    public async Task Connection_that_comes_while_nobody_waits_is_accepted_by_the_next_one()
    {
        using Socket socket = Listen();
        using PolledListener listener = new(socket);
        using Socket first = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using Socket second = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        Task<Socket> waiting = listener.AcceptAsync(default).AsTask();
        await first.ConnectAsync(socket.LocalEndPoint!);
        using Socket one = await waiting.WaitAsync(WireEnd.Patience);
        await second.ConnectAsync(socket.LocalEndPoint!);
        using Socket two = await listener.AcceptAsync(default).AsTask().WaitAsync(WireEnd.Patience);
        Assert.Equal(second.LocalEndPoint, two.RemoteEndPoint);
    }

    private static Socket Listen()
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen(1024);
        return socket;
    }
}
