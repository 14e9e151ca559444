using System;
using System.Threading;
using System.Threading.Tasks.Sources;

namespace GoAround.Core.Async;

/// <summary>Where the result of a suspended method appears; awaited once, through a ValueTask.</summary>
internal abstract class PooledBox<TResult> : IValueTaskSource<TResult>, IValueTaskSource
{
    private ManualResetValueTaskSourceCore<TResult> _core;

    /// <summary>The token of the current use.</summary>
    public short Version => _core.Version;

    /// <summary>Runs the method on after a suspension.</summary>
    public abstract Action MoveNextAction { get; }

    /// <summary>What flows with the method, captured at the latest suspension.</summary>
    public ExecutionContext? Context { get; set; }

    public void SetResult(TResult result) => _core.SetResult(result);

    public void SetException(Exception exception) => _core.SetException(exception);

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    public TResult GetResult(short token)
    {
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            _core.Reset();
            Context = null;
            Free();
        }
    }

    void IValueTaskSource.GetResult(short token) => GetResult(token);

    /// <summary>Clears the method's state and puts the box back for the next call.</summary>
    protected abstract void Free();
}
