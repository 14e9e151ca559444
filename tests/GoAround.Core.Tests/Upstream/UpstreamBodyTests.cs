using System;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using GoAround.Core.Upstream;
using Xunit;

namespace GoAround.Core.Tests.Upstream;

public sealed class UpstreamBodyTests
{
    [Fact]
    public async Task Read_that_is_given_up_ends_and_the_body_can_be_read_on()
    {
        using ScriptedBackend backend = new();
        using SocketConnectionFactory factory = new(new(), TimeProvider.System);
        Task<ProxyResponse> send = factory.SendAsync(backend.Backend, new ProxyRequest("GET", "/"), default).AsTask();
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n");
        await using ProxyResponse response = await send;
        for (int i = 0; i < 20; i++)
        {
            using CancellationTokenSource caller = new();
            Task<ReadOnlyMemory<byte>> read = response.Body.ReadAsync(caller.Token).AsTask();
            await caller.CancelAsync();
            OperationCanceledException thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.WaitAsync(WireEnd.Patience));
            Assert.Equal(caller.Token, thrown.CancellationToken);
        }

        await link.SendAsync("body");
        Assert.Equal("body"u8.ToArray(), (await response.Body.ReadAsync(default).AsTask().WaitAsync(WireEnd.Patience)).ToArray());
        Assert.True((await response.Body.ReadAsync(default)).IsEmpty);
    }

    [Fact]
    public async Task Token_of_the_request_ends_the_exchange_itself()
    {
        using ScriptedBackend backend = new();
        using SocketConnectionFactory factory = new(new(), TimeProvider.System);
        using CancellationTokenSource caller = new();
        Task<ProxyResponse> send = factory.SendAsync(backend.Backend, new ProxyRequest("GET", "/"), caller.Token).AsTask();
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n");
        await using ProxyResponse response = await send;
        Task<ReadOnlyMemory<byte>> read = response.Body.ReadAsync(caller.Token).AsTask();
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.WaitAsync(WireEnd.Patience));
        await link.ReadToResetAsync();
    }
}
