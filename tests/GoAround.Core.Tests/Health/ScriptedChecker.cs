using System;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;

namespace GoAround.Core.Tests.Health;

/// <summary>A checker that tells the test of each check, and answers what the test says.</summary>
internal sealed class ScriptedChecker(TimeProvider time) : IHealthChecker
{
    private readonly Channel<(Backend, DateTimeOffset)> _checks = Channel.CreateUnbounded<(Backend, DateTimeOffset)>();
    private int _count;

    public Func<Backend, CancellationToken, ValueTask<HealthReport>> Answer { get; set; } =
        (_, _) => new(new HealthReport(HealthState.Healthy, "scripted"));

    public int Count => Volatile.Read(ref _count);

    public void AnswerAlways(HealthState state) => Answer = (_, _) => new(new HealthReport(state, "scripted"));

    public async Task<DateTimeOffset> NextAsync() => (await _checks.Reader.ReadAsync().AsTask().WaitAsync(WireEnd.Patience)).Item2;

    public ValueTask<HealthReport> CheckAsync(Backend backend, CancellationToken cancellationToken)
    {
        Func<Backend, CancellationToken, ValueTask<HealthReport>> answer = Answer; // before anybody hears of this check: whoever does may set the answer to the next one
        Interlocked.Increment(ref _count);
        _checks.Writer.TryWrite((backend, time.GetUtcNow()));
        return answer(backend, cancellationToken);
    }
}
