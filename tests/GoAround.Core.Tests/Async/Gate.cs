using System;
using System.Threading.Tasks;
using System.Threading.Tasks.Sources;

namespace GoAround.Core.Tests.Async;

/// <summary>Something to wait for that a test opens by hand; allocates nothing, and can be used again.</summary>
internal sealed class Gate : IValueTaskSource<int>
{
    private ManualResetValueTaskSourceCore<int> _core;

    public ValueTask<int> WaitAsync() => new(this, _core.Version);

    public void Open(int result) => _core.SetResult(result);

    public void Fail(Exception error) => _core.SetException(error);

    public int GetResult(short token)
    {
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            _core.Reset();
        }
    }

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
