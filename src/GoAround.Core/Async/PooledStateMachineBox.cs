using System;
using System.Runtime.CompilerServices;
using System.Threading;

namespace GoAround.Core.Async;

/// <summary>The state of one suspended method of one kind; used again for the next call of the same method.</summary>
internal sealed class PooledStateMachineBox<TStateMachine, TResult> : PooledBox<TResult>
    where TStateMachine : IAsyncStateMachine
{
    private static readonly ContextCallback RunOn = static box => ((PooledStateMachineBox<TStateMachine, TResult>)box!).StateMachine.MoveNext();

    private TStateMachine _stateMachine = default!; // set before the first suspension

    private PooledStateMachineBox() => MoveNextAction = MoveNext;

    /// <inheritdoc/>
    public override Action MoveNextAction { get; }

    /// <summary>The method's locals and where it stands.</summary>
    public ref TStateMachine StateMachine => ref _stateMachine;

    /// <summary>A box that was used before, or a new one.</summary>
    public static PooledStateMachineBox<TStateMachine, TResult> Rent() =>
        FreeList<PooledStateMachineBox<TStateMachine, TResult>>.TryTake() ?? new();

    /// <inheritdoc/>
    protected override void Free()
    {
        _stateMachine = default!; // nothing may be kept alive by a free box
        FreeList<PooledStateMachineBox<TStateMachine, TResult>>.Give(this);
    }

    private void MoveNext()
    {
        ExecutionContext? context = Context;
        ExecutionContext? current = ExecutionContext.Capture();
        if (context is null || context == current)
        {
            // As nearly always. What the method changes in the context stays inside, as it would with Run.
            _stateMachine.MoveNext();
            if (current is not null && ExecutionContext.Capture() != current)
            {
                ExecutionContext.Restore(current);
            }
        }
        else
        {
            ExecutionContext.Run(context, RunOn, this);
        }
    }
}
