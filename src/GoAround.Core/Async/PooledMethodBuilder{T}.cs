using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Core.Async;

/// <summary>
/// Builds async methods of ValueTask&lt;T&gt; whose state is pooled without a bound by thread or core, so that many
/// requests in flight at once allocate nothing: the framework's pooling builder keeps one box a thread and one a core
/// (docs/decisions/0005). The ValueTask must be awaited exactly once.
/// </summary>
[StructLayout(LayoutKind.Auto)]
[SuppressMessage("Performance", "CA1822", Justification = "The compiler calls the members of a builder on an instance.")]
internal struct PooledMethodBuilder<TResult>
{
    private PooledBox<TResult>? _box;
    private Exception? _exception;
    private TResult _result;

    /// <summary>What the caller awaits.</summary>
    public readonly ValueTask<TResult> Task =>
        _box is not null ? new ValueTask<TResult>(_box, _box.Version)
        : _exception is not null ? ValueTask.FromException<TResult>(_exception)
        : new ValueTask<TResult>(_result);

    public static PooledMethodBuilder<TResult> Create() => default;

    /// <summary>Runs the method to its first suspension; what it changes in the execution context stays inside.</summary>
    public readonly void Start<TStateMachine>(ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine =>
        default(AsyncValueTaskMethodBuilder<TResult>).Start(ref stateMachine);

    public readonly void SetStateMachine(IAsyncStateMachine stateMachine)
    {
    }

    public void SetResult(TResult result)
    {
        if (_box is null)
        {
            _result = result;
        }
        else
        {
            _box.SetResult(result);
        }
    }

    public void SetException(Exception exception)
    {
        if (_box is null)
        {
            _exception = exception;
        }
        else
        {
            _box.SetException(exception);
        }
    }

    public void AwaitOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : INotifyCompletion
        where TStateMachine : IAsyncStateMachine =>
        awaiter.OnCompleted(BoxOf(ref stateMachine).MoveNextAction);

    public void AwaitUnsafeOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : ICriticalNotifyCompletion
        where TStateMachine : IAsyncStateMachine =>
        awaiter.UnsafeOnCompleted(BoxOf(ref stateMachine).MoveNextAction);

    private PooledBox<TResult> BoxOf<TStateMachine>(ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine
    {
        if (_box is null)
        {
            PooledStateMachineBox<TStateMachine, TResult> box = PooledStateMachineBox<TStateMachine, TResult>.Rent();
            _box = box; // before the copy: this builder is a part of the state machine, and the copy must know its box
            box.StateMachine = stateMachine;
        }

        _box.Context = ExecutionContext.Capture();
        return _box;
    }
}
