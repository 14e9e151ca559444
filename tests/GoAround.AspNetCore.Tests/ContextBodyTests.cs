using System;
using System.Buffers;
using System.IO.Pipelines;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Hosting;
using GoAround.Core.Tests.Wire;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Xunit;

namespace GoAround.AspNetCore.Tests;

public sealed class ContextBodyTests
{
    [Fact]
    public async Task Whoever_cancels_a_read_of_an_aborted_request_hears_nothing_of_that()
    {
        AbortableReader reader = new();
        ContextBody body = Begin(reader);
        using CancellationTokenSource stop = new();
        Task reading = body.ReadAsync(stop.Token).AsTask();
        reader.IsAborted = true;
        stop.Cancel(); // it is the one who ends the exchange, and has more to do
        reader.End();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.WaitAsync(WireEnd.Patience));
        body.End();
        Assert.False(body.HasLeft); // it was forgotten with the rest
    }

    [Fact]
    public async Task Piece_of_an_aborted_request_is_the_last_one_and_is_forgotten_in_peace()
    {
        AbortableReader reader = new() { Piece = new byte[] { 1, 2, 3 } };
        ContextBody body = Begin(reader);
        Assert.Equal(3, (await body.ReadAsync(default)).Length);
        reader.IsAborted = true;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await body.ReadAsync(default));
        Assert.True(body.HasLeft);
        body.End();
        reader.IsAborted = false;
        body.Begin(ContextOf(reader), null, keepsTrailers: false, 0, expectsContinue: false, TimeProvider.System);
        Assert.Equal(3, (await body.ReadAsync(default)).Length);
        reader.IsAborted = true;
        body.End(); // with the piece still lent
    }

    [Fact]
    public async Task Client_that_left_is_no_fault_of_the_application_though_the_server_has_not_said_so_yet()
    {
        using ScriptedBackend backend = new();
        await using Balancer balancer = new(
            new GoAroundOptions { Backends = { backend.Backend.Address } }, new BalancerParts { HealthChecker = new AlwaysHealthy() });
        await balancer.StartAsync(default);
        AbortableReader reader = new();
        DefaultHttpContext context = ContextOf(reader);
        context.Request.Protocol = "HTTP/1.1";
        context.Request.Method = "POST";
        context.Request.Path = "/";
        context.Request.Host = new HostString("h");
        context.Request.Headers.TransferEncoding = "chunked";
        Lifetime lifetime = new();
        context.Features.Set<IHttpRequestLifetimeFeature>(lifetime);
        Task answering = balancer.ToRequestDelegate()(context);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        reader.End();
        await answering.WaitAsync(WireEnd.Patience); // thrown, it would be logged as an error of the application
        Assert.True(lifetime.IsAborted);
    }

    private static ContextBody Begin(AbortableReader reader)
    {
        ContextBody body = new();
        body.Begin(ContextOf(reader), null, keepsTrailers: false, 0, expectsContinue: false, TimeProvider.System);
        return body;
    }

    private static DefaultHttpContext ContextOf(AbortableReader reader)
    {
        DefaultHttpContext context = new();
        context.Features.Set<IRequestBodyPipeFeature>(new Pipe(reader));
        return context;
    }

    private sealed class Lifetime : IHttpRequestLifetimeFeature
    {
        public CancellationToken RequestAborted { get; set; }

        public bool IsAborted { get; private set; }

        public void Abort() => IsAborted = true;
    }

    private sealed class Pipe(PipeReader reader) : IRequestBodyPipeFeature
    {
        public PipeReader Reader => reader;
    }

    /// <summary>A reader as Kestrel's is: once the request was aborted, each of its calls throws that.</summary>
    private sealed class AbortableReader : PipeReader
    {
        private readonly TaskCompletionSource<ReadResult> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ReadOnlyMemory<byte> Piece { get; init; }

        public bool IsAborted { get; set; }

        public void End() => _end.SetException(new ConnectionAbortedException());

        public override void AdvanceTo(SequencePosition consumed) => Check();

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => Check();

        public override void CancelPendingRead() => Check();

        public override void Complete(Exception? exception = null)
        {
        }

        public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
        {
            Check();
            return await _end.Task;
        }

        public override bool TryRead(out ReadResult result)
        {
            Check();
            result = new ReadResult(new ReadOnlySequence<byte>(Piece), isCanceled: false, isCompleted: false);
            return !Piece.IsEmpty;
        }

        private void Check()
        {
            if (IsAborted)
            {
                throw new ConnectionAbortedException();
            }
        }
    }
}
