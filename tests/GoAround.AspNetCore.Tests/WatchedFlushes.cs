using System;
using System.IO;
using System.IO.Pipelines;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace GoAround.AspNetCore.Tests;

/// <summary>Kestrel's own writer of one answer, which tells whether a flush waits for the client.</summary>
internal sealed class WatchedFlushes : PipeWriter, IHttpResponseBodyFeature
{
    private readonly TaskCompletionSource _waited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IHttpResponseBodyFeature? _inner;

    /// <summary>Ends when a flush waits for the first time.</summary>
    public Task Waited => _waited.Task;

    /// <summary>A flush waits now.</summary>
    public bool IsWaiting { get; private set; }

    public Stream Stream => Inner.Stream;

    public PipeWriter Writer => this;

    private IHttpResponseBodyFeature Inner => _inner!; // watched before anything is written

    /// <summary>Takes the place of the writer.</summary>
    public void Watch(HttpContext context)
    {
        _inner = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        context.Features.Set<IHttpResponseBodyFeature>(this);
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        ValueTask<FlushResult> flushing = Inner.Writer.FlushAsync(cancellationToken);
        return flushing.IsCompleted ? flushing : WaitAsync(flushing);
    }

    public override void Advance(int bytes) => Inner.Writer.Advance(bytes);

    public override Memory<byte> GetMemory(int sizeHint = 0) => Inner.Writer.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => Inner.Writer.GetSpan(sizeHint);

    public override void CancelPendingFlush() => Inner.Writer.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => Inner.Writer.Complete(exception);

    public void DisableBuffering() => Inner.DisableBuffering();

    public Task StartAsync(CancellationToken cancellationToken = default) => Inner.StartAsync(cancellationToken);

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) => Inner.SendFileAsync(path, offset, count, cancellationToken);

    public Task CompleteAsync() => Inner.CompleteAsync();

    private async ValueTask<FlushResult> WaitAsync(ValueTask<FlushResult> flushing)
    {
        IsWaiting = true;
        _waited.TrySetResult();
        FlushResult result = await flushing;
        IsWaiting = false;
        return result;
    }
}
