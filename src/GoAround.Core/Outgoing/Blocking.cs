using System.Threading.Tasks;

namespace GoAround.Core.Outgoing;

/// <summary>Waits as the synchronous calls of a stream have to: their caller's thread is the application's, never one that polls.</summary>
internal static class Blocking
{
#pragma warning disable RS0030 // the caller has asked to be blocked
    public static void Wait(ValueTask task)
    {
        if (task.IsCompleted)
        {
            task.GetAwaiter().GetResult();
        }
        else
        {
            task.AsTask().GetAwaiter().GetResult();
        }
    }

    public static int Wait(ValueTask<int> task) => task.IsCompleted ? task.GetAwaiter().GetResult() : task.AsTask().GetAwaiter().GetResult();
#pragma warning restore RS0030
}
