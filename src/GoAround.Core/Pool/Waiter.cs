using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks.Sources;

namespace GoAround.Core.Pool;

/// <summary>One request's place in a line; pooled by the line, awaited once per stay.</summary>
/// <remarks>Everything but the completion is guarded by the line's gate.</remarks>
internal sealed class Waiter(WaitingLine line) : IValueTaskSource<Grant>, IThreadPoolWorkItem
{
    // Continuations run on the thread that gives a slot back. One that fails at once gives it back again, and so on:
    // from this depth on the thread pool takes over, so that the stack stays bounded.
    private const int MaxDepth = 16;

    [ThreadStatic]
    private static int _depth;

    private ManualResetValueTaskSourceCore<Grant> _core;
    private CancellationTokenRegistration _registration;
    private Grant _grant;

    /// <summary>The one before in the line.</summary>
    public Waiter? Previous { get; set; }

    /// <summary>The one behind in the line, among the settled, or among the spare.</summary>
    public Waiter? Next { get; set; }

    /// <summary>It stands in the line: nobody has settled it.</summary>
    public bool InLine { get; set; }

    /// <summary>It was not served at once, so that leaving is worth telling.</summary>
    public bool HasWaited { get; set; }

    /// <summary>When it began to wait.</summary>
    public long Since { get; set; }

    /// <summary>Backends it does not accept; null for none.</summary>
    public List<Backend>? Tried { get; set; }

    /// <summary>What it was told.</summary>
    public Grant Grant
    {
        get => _grant;
        set => _grant = value;
    }

    /// <summary>Names this stay.</summary>
    public short Version => _core.Version;

    /// <summary>Whether a slot of this backend is welcome.</summary>
    public bool Accepts(Backend backend) => Tried is null || !Tried.Contains(backend);

    /// <summary>Leaves the line when the token fires; before the waiter is awaited.</summary>
    public void LeaveOn(CancellationToken cancellationToken) =>
        _registration = cancellationToken.UnsafeRegister(static state => ((Waiter)state!).Cancel(), this);

    /// <summary>Runs the continuation: here, or on the thread pool where this thread is deep in such continuations already. Not under the gate.</summary>
    public void Complete()
    {
        if (_depth >= MaxDepth && line.Runner is { } runner)
        {
            runner.Enqueue(static waiter => ((Waiter)waiter!).Execute(), this); // handed over here
            return;
        }

        if (_depth >= MaxDepth)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
            return;
        }

        _depth++;
        try
        {
            _core.SetResult(_grant);
        }
        finally
        {
            _depth--;
        }
    }

    /// <inheritdoc/>
    public void Execute() => _core.SetResult(_grant);

    /// <inheritdoc/>
    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    /// <inheritdoc/>
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    /// <inheritdoc/>
    public Grant GetResult(short token)
    {
        Grant grant = _core.GetResult(token);
        CancellationToken cancelled = _registration.Token;

        // Waits for a callback that runs now, so that it cannot meet the next stay.
        _registration.Dispose();
        _registration = default;
        _core.Reset();
        line.Recycle(this);
        return grant.Denial == Denial.Cancelled ? throw new OperationCanceledException(cancelled) : grant;
    }

    private void Cancel() => line.Cancel(this);
}
