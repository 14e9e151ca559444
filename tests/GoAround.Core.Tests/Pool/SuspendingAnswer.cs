using System;
using System.Threading;
using System.Threading.Tasks;
using System.Threading.Tasks.Sources;

namespace GoAround.Core.Tests.Pool;

/// <summary>One reused response that comes at once, or when the test says so; allocates nothing.</summary>
#pragma warning disable CA1001 // the response is lent to the pool's caller, who disposes it again and again
internal sealed class SuspendingAnswer : IValueTaskSource<ProxyResponse>
{
    private readonly ProxyResponse _response = new();
    private readonly bool _suspends;
    private ManualResetValueTaskSourceCore<ProxyResponse> _core;

    public SuspendingAnswer(bool suspends) => _suspends = suspends;

    public ValueTask<ProxyResponse> Send(Backend backend, ProxyRequest request, CancellationToken cancellationToken)
    {
        if (!_suspends)
        {
            return new(_response);
        }

        _core.Reset();
        return new(this, _core.Version);
    }

    public void Complete() => _core.SetResult(_response);

    public ProxyResponse GetResult(short token) => _core.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
