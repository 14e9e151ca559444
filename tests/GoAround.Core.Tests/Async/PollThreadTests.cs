using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Async;

public sealed class PollThreadTests
{
    [Fact]
    public async Task Leaving_goes_on_upon_the_thread_pool()
    {
        TaskCompletionSource<bool> wasPool = new();
        Thread thread = new(() => _ = LeaveAsync());
        thread.Start();
        Assert.True(await wasPool.Task.WaitAsync(WireEnd.Patience));

        async Task LeaveAsync()
        {
            Assert.False(Thread.CurrentThread.IsThreadPoolThread);
            await PollThread.Leave();
            wasPool.SetResult(Thread.CurrentThread.IsThreadPoolThread);
        }
    }
}
