using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core;

namespace GoAround.Testing;

/// <summary>Requests at an even rate, and what became of each. Read it when the clock stands still.</summary>
public sealed class TestLoad
{
    private const double MostPerSecond = 1_000_000;

    private readonly TestBalancer _balancer;
    private readonly Func<int, ProxyRequest> _request;
    private readonly double _perSecond;
    private readonly TimeSpan _began;
    private readonly ITimer _timer;
    private readonly List<Task<TestAnswer>> _sent = [];

    internal TestLoad(TestBalancer balancer, double perSecond, Func<int, ProxyRequest> request)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(perSecond);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(perSecond, MostPerSecond);
        _balancer = balancer;
        _perSecond = perSecond;
        _request = request;
        _began = balancer.Time.Elapsed;
        _timer = balancer.Time.CreateTimer(static load => ((TestLoad)load!).Send(), this, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Requests sent so far.</summary>
    public int Sent => _sent.Count;

    /// <summary>Requests that have no answer yet.</summary>
    public int Pending => _sent.Count(answer => !answer.IsCompleted);

    /// <summary>The answers so far, in the order in which the requests were sent.</summary>
    public IReadOnlyList<TestAnswer> Answers => [.. _sent.Where(answer => answer.IsCompleted).Select(answer => answer.GetAwaiter().GetResult())];

    /// <summary>The answers that nobody is content with: a 5xx, a body that broke off, a fault of a step.</summary>
    public IReadOnlyList<TestAnswer> Failures => [.. Answers.Where(answer => answer.IsFailure)];

    /// <summary>Sends no more.</summary>
    public void Stop() => _timer.Dispose();

    /// <summary>Sends no more, and lets time pass until every request has its answer.</summary>
    /// <exception cref="TimeoutException">One has none within <see cref="ManualTime.Patience"/>.</exception>
    public Task FinishAsync()
    {
        Stop();
        return _balancer.Time.RunAsync(() => Task.WhenAll(_sent));
    }

    /// <summary>How many answers there were of each status, for the message of an assertion.</summary>
    public override string ToString()
    {
        IEnumerable<string> statuses = Answers
            .GroupBy(answer => answer.StatusCode)
            .OrderBy(group => group.Key)
            .Select(group => string.Create(CultureInfo.InvariantCulture, $"{group.Count()} x {group.Key}"));
        return string.Create(CultureInfo.InvariantCulture, $"{Sent} sent, {Pending} pending: {string.Join(", ", statuses)}");
    }

    private void Send()
    {
        TimeSpan next = _began + TimeSpan.FromSeconds((_sent.Count + 1) / _perSecond) - _balancer.Time.Elapsed;
        _timer.Change(next, Timeout.InfiniteTimeSpan); // first, so that its place among the timers does not depend on the answer
        ProxyRequest request = _request(_sent.Count);
        _sent.Add(_balancer.Begin(request));
    }
}
