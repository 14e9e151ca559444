using System;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Tests.Sockets;
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
        using SocketConnectionFactory factory = new(Unhurried.Upstream(), TimeProvider.System);
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
    public async Task Read_that_is_given_up_behind_an_upload_at_fault_is_given_up_and_no_fault()
    {
        using ScriptedBackend backend = new();
        using SocketConnectionFactory factory = new(Unhurried.Upstream(), TimeProvider.System);
        BodyAtFault upload = new();
        Task<ProxyResponse> send = factory.SendAsync(backend.Backend, new ProxyRequest("POST", "/") { Body = upload }, default).AsTask();
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n");
        await using ProxyResponse response = await send;
        upload.Fail();
        await upload.Cut.WaitAsync(WireEnd.Patience);
        using CancellationTokenSource caller = new();
        Task<ReadOnlyMemory<byte>> read = response.Body.ReadAsync(caller.Token).AsTask();
        await caller.CancelAsync();
        OperationCanceledException thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.WaitAsync(WireEnd.Patience));
        Assert.Equal(caller.Token, thrown.CancellationToken);
        await link.SendAsync("body");
        Assert.Equal("body"u8.ToArray(), (await response.Body.ReadAsync(default).AsTask().WaitAsync(WireEnd.Patience)).ToArray());
    }

    [LinuxTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Reset_of_which_the_upload_is_told_cuts_a_body_that_ends_with_the_connection_unless_the_end_came_before(bool hasEnded)
    {
        using ScriptedBackend backend = new();
        using SocketConnectionFactory factory = new(Unhurried.Upstream(), TimeProvider.System);
        EndlessBody upload = new();
        Task<ProxyResponse> send = factory.SendAsync(backend.Backend, new ProxyRequest("POST", "/") { Body = upload }, default).AsTask();
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync("HTTP/1.1 200 OK\r\n\r\nhalf");
        await using ProxyResponse response = await send;
        if (hasEnded)
        {
            link.ShutdownSend();
        }

        link.Reset();
        upload.Begin();
        await upload.Cut.WaitAsync(WireEnd.Patience);
        string body = "";
        try
        {
            while (await response.Body.ReadAsync(default).AsTask().WaitAsync(WireEnd.Patience) is { IsEmpty: false } piece)
            {
                body += Encoding.ASCII.GetString(piece.Span);
            }

            Assert.True(hasEnded, "it looks whole");
        }
        catch (BackendException)
        {
            Assert.False(hasEnded, "it was whole");
        }

        Assert.Equal("half", body);
    }

    [Fact]
    public async Task Token_of_the_request_ends_the_exchange_itself()
    {
        using ScriptedBackend backend = new();
        using SocketConnectionFactory factory = new(Unhurried.Upstream(), TimeProvider.System);
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

    /// <summary>Piece by piece from a moment on, until nobody takes them.</summary>
    private sealed class EndlessBody : MessageBody
    {
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _cut = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override long? Length => null;

        public Task Cut => _cut.Task;

        public void Begin() => _begun.SetResult();

        public override async ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
        {
            await _begun.Task.WaitAsync(cancellationToken);
            return new byte[4096];
        }

        internal override void OnCut() => _cut.TrySetResult();
    }

    private sealed class BodyAtFault : MessageBody
    {
        private readonly TaskCompletionSource _fail = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _cut = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override long? Length => null;

        public Task Cut => _cut.Task;

        public void Fail() => _fail.SetResult();

        public override async ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
        {
            await _fail.Task;
            throw new ClientException(400, "malformed");
        }

        internal override void OnCut() => _cut.SetResult();
    }
}
