using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using GoAround.Core.Async;
using GoAround.Core.Sockets;
using GoAround.Core.Tests.Sockets;
using GoAround.Core.Tests.Wire;
using GoAround.Core.Upstream;
using Xunit;

namespace GoAround.Core.Tests.Upstream;

/// <summary>The sends of a request whose body is at hand.</summary>
public sealed class RequestUploadTests
{
    private const int Most = ReceiveBuffers.PieceBytes;

    [Fact]
    public async Task Head_and_what_of_the_body_fits_behind_it_leave_in_one_send() => Assert.Single(await SendsAsync(100, 4000, 10_000));

    [Fact]
    public async Task Piece_that_does_not_fit_behind_the_head_leaves_by_itself_without_a_copy()
    {
        List<int> sends = await SendsAsync(4000, Most, Most, 7);
        Assert.InRange(sends[0], 4000, 4200);
        Assert.Equal([Most, Most, 7], sends[1..]);
    }

    private static async Task<List<int>> SendsAsync(params int[] pieces)
    {
        using ScriptedTransport transport = new();
        using DeadlineClock clock = new(TimeProvider.System);
        using UpstreamSocket socket = new(Backend.Parse("http://127.0.0.1:1"), transport, null, new(), TimeProvider.System, clock);
        Queue<int> left = new(pieces);
        ProxyRequest request = new("POST", "/") { Body = new ScriptedBody(pieces.Sum(), _ => new(new byte[left.Dequeue()])) };
        Task<ProxyResponse> exchange = socket.ExchangeAsync(request, default).AsTask();
        transport.Arrive("HTTP/1.1 204 No Content\r\n\r\n");
        await (await exchange.WaitAsync(WireEnd.Patience)).DisposeAsync();
        return transport.Sent;
    }
}
