using System.Threading.Tasks;

namespace GoAround.Core.Async;

/// <summary>Something that happens once. Who waits for it goes on on the thread pool, or in the runner of a clock that has one.</summary>
internal sealed class Signal(IWorkRunner? runner)
{
    private readonly TaskCompletionSource _happened = new(runner is null ? TaskCreationOptions.RunContinuationsAsynchronously : TaskCreationOptions.None);

    /// <summary>Completes when it has happened.</summary>
    public Task Task => _happened.Task;

    /// <summary>It happens now, if it has not.</summary>
    public void Set()
    {
        if (runner is null)
        {
            _happened.TrySetResult();
        }
        else
        {
            runner.Enqueue(static happened => ((TaskCompletionSource)happened!).TrySetResult(), _happened); // handed over here
        }
    }

    /// <summary>It will not happen, if it has not: who waits is told by a cancellation.</summary>
    public void GiveUp()
    {
        if (runner is null)
        {
            _happened.TrySetCanceled();
        }
        else
        {
            runner.Enqueue(static happened => ((TaskCompletionSource)happened!).TrySetCanceled(), _happened); // handed over here
        }
    }
}
