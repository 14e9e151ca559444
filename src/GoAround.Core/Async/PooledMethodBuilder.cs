using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Core.Async;

/// <summary>Builds async methods of ValueTask as <see cref="PooledMethodBuilder{TResult}"/> does those with a result.</summary>
[StructLayout(LayoutKind.Auto)]
[SuppressMessage("Performance", "CA1822", Justification = "The compiler calls the members of a builder on an instance.")]
internal struct PooledMethodBuilder
{
    private PooledBox<Nothing>? _box;
    private Exception? _exception;

    /// <summary>What the caller awaits.</summary>
    public readonly ValueTask Task =>
        _box is not null ? new ValueTask(_box, _box.Version)
        : _exception is not null ? ValueTask.FromException(_exception)
        : default;

    public static PooledMethodBuilder Create() => default;

    /// <summary>Runs the method to its first suspension; what it changes in the execution context stays inside.</summary>
    public readonly void Start<TStateMachine>(ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine =>
        default(AsyncValueTaskMethodBuilder).Start(ref stateMachine);

    public readonly void SetStateMachine(IAsyncStateMachine stateMachine)
    {
    }

    public readonly void SetResult() => _box?.SetResult(default);

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

    private PooledBox<Nothing> BoxOf<TStateMachine>(ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine
    {
        if (_box is null)
        {
            PooledStateMachineBox<TStateMachine, Nothing> box = PooledStateMachineBox<TStateMachine, Nothing>.Rent();
            _box = box; // before the copy: this builder is a part of the state machine, and the copy must know its box
            box.StateMachine = stateMachine;
        }

        _box.Context = ExecutionContext.Capture();
        return _box;
    }

    private readonly struct Nothing;
}
