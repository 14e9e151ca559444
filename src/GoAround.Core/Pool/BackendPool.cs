using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;
using Microsoft.Extensions.Logging;

namespace GoAround.Core.Pool;

/// <summary>Gives each request a slot, sends it, and goes on to another backend while the replay law and the budget allow.</summary>
internal sealed class BackendPool : IBackendPool
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly ProxyEvents _events;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Retirement _retirement;
    private readonly FreeSlots _slots;
    private readonly RetryBudget _budget;
    private readonly Fleet _fleet;
    private readonly PolicyChoice? _choice;
    private readonly Signal _ended;
    private bool _isDisposed;

    /// <summary>Makes a pool without backends; <see cref="ReplaceAsync"/> gives it some. Without a policy, all connections take turns.</summary>
    public BackendPool(
        PoolOptions options,
        IConnectionFactory connections,
        IHealthMonitor health,
        ProxyEvents events,
        TimeProvider time,
        ILogger<BackendPool> log,
        SelectionPolicy? policy = null)
    {
        _events = events;
        _time = time;
        _log = log;
        _retirement = new Retirement(log, time);
        _slots = new FreeSlots(options, _retirement, events, time, isChosen: policy is not null);
        _budget = new RetryBudget(options, _slots, time);
        _fleet = new Fleet(options, connections, health, events, time, log, _slots);
        _choice = policy is null ? null : new PolicyChoice(policy, _slots);
        _ended = new Signal(time as IWorkRunner);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Backend> Backends => _fleet.Backends;

    /// <inheritdoc/>
    public int QueueLength => _slots.QueueLength;

    /// <inheritdoc/>
    public ValueTask<ProxyResponse> FetchAsync(ProxyRequest request, CancellationToken cancellationToken) =>
        FetchAsync(request, null, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<BackendChange> ReplaceAsync(IReadOnlyCollection<Backend> backends, CancellationToken cancellationToken) =>
        _fleet.ReplaceAsync(backends, cancellationToken);

    /// <inheritdoc/>
    public Task DrainAsync(Backend backend, CancellationToken cancellationToken) => _fleet.DrainAsync(backend, cancellationToken);

    /// <inheritdoc/>
    public bool EndDrain(Backend backend) => _fleet.Resume(backend);

    /// <inheritdoc/>
    public IAsyncEnumerable<PoolChange> WatchAsync(CancellationToken cancellationToken) => _slots.Watch(cancellationToken);

    /// <inheritdoc/>
    public PoolStatus GetStatus() => new(_slots.GetStatus())
    {
        QueueLength = _slots.QueueLength,
        RetriesRunning = _budget.Running,
        RetriesWaiting = _budget.QueueLength,
    };

    /// <inheritdoc/>
    public Task WaitForFirstCheckAsync(CancellationToken cancellationToken) => _fleet.WaitForFirstCheckAsync(cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, true))
        {
            await _ended.Task.ConfigureAwait(false);
            return;
        }

        try
        {
            _budget.Close();
            await _fleet.DisposeAsync().ConfigureAwait(false);
            await _retirement.DisposeAsync().ConfigureAwait(false);
            _slots.Dispose();
            _budget.Dispose();
        }
        finally
        {
            _ended.Set();
        }
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<ProxyResponse> FetchAsync(ProxyRequest request, Retry? retry, CancellationToken cancellationToken)
    {
        Slot? slot = _choice is not null ? _choice.TryTake(request, retry?.Tried) : retry is null ? _slots.TryTake() : null;
        if (slot is null)
        {
            Grant grant = await _slots.TakeAsync(retry?.Tried, cancellationToken).ConfigureAwait(false);
            if (grant.Slot is null)
            {
                return retry is null ? Refuse(grant.Denial) : GiveUp(retry);
            }

            slot = grant.Slot;
        }

        Backend backend = slot.Group.Backend;
        long started = _time.GetTimestamp();
        BackendException? failure = null;
        ProxyResponse? response = null;
        try
        {
            response = await slot.Connection.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (BackendException fault)
        {
            failure = fault;
        }
        finally
        {
            if (response is null)
            {
                // First of all, so that nobody ever waits for a slot while holding one.
                _slots.GiveBack(slot);
            }

            LeaveBudget(retry);
        }

        _events.AttemptEnded(backend, request, response?.StatusCode ?? 0, _time.GetElapsedTime(started), failure);
        if (failure is not null)
        {
            retry ??= new Retry(failure);
            retry.Note(backend, failure);
            Report(slot.Group, retry);
            return await RetryAsync(request, retry, cancellationToken).ConfigureAwait(false);
        }

        ProxyResponse answer = response!; // nothing was thrown
        answer.AddLease(slot);
        answer.Backend = backend;
        answer.Attempts = (retry?.Attempts ?? 0) + 1;
        _events.Fetched(answer.Attempts);
        return answer;
    }

    private async ValueTask<ProxyResponse> RetryAsync(ProxyRequest request, Retry retry, CancellationToken cancellationToken)
    {
        if (!ReplayLaw.TryPrepare(request, retry.Failure))
        {
            return GiveUp(retry);
        }

        if (retry.IsFree)
        {
            return await FetchAsync(request, retry, cancellationToken).ConfigureAwait(false);
        }

        if (!_slots.CanServe(retry.Tried))
        {
            return GiveUp(retry);
        }

        Grant permit = await _budget.EnterAsync(cancellationToken).ConfigureAwait(false);
        if (permit.Denial != Denial.None)
        {
            return GiveUp(retry);
        }

        retry.HoldsPermit = true;
        try
        {
            return await FetchAsync(request, retry, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            LeaveBudget(retry);
        }
    }

    private void LeaveBudget(Retry? retry)
    {
        if (retry is { HoldsPermit: true })
        {
            retry.HoldsPermit = false;
            _budget.Leave();
        }
    }

    private void Report(BackendGroup group, Retry retry)
    {
        BackendException failure = retry.Failure;
        PoolLog.AttemptFailed(_log, retry.Attempts, group.Backend, failure.Stage, failure.Message);
        if (failure.NeverReached && !failure.IsOwnLack && !group.IsRemoved)
        {
            group.Health.Suspect(failure.Message);
        }
    }

    private ProxyResponse GiveUp(Retry retry)
    {
        BackendException failure = retry.Failure;
        string text = failure switch
        {
            { Kind: BackendFailureKind.Malformed, Error: ProxyError.HttpResponseHeaderSectionSize } => "The head of the backend's answer is too large.\n",
            { Kind: BackendFailureKind.Malformed } => "The backend's answer is malformed.\n",
            { Kind: BackendFailureKind.TimedOut, NeverReached: true } => "The backend could not be reached in time.\n",
            { Kind: BackendFailureKind.TimedOut } => "The backend did not answer in time.\n",
            { NeverReached: true } => "The backend could not be reached.\n",
            _ => "The backend broke off.\n",
        };
        ProxyResponse response = ProxyResponse.FromError(failure.Kind == BackendFailureKind.TimedOut ? 504 : 502, failure.Error, text);
        response.Attempts = retry.Attempts;
        _events.Fetched(retry.Attempts);
        return response;
    }

    private ProxyResponse Refuse(Denial denial)
    {
        string text = denial switch
        {
            Denial.NoBackend => "No backend is available.\n",
            Denial.QueueFull => "Too many requests wait already.\n",
            Denial.TimedOut => "No connection became free in time.\n",
            _ => "The balancer is stopping.\n",
        };
        _events.Fetched(0);
        ProxyResponse response = ProxyResponse.Unavailable(text, RetryAfter);
        response.Error = denial switch
        {
            Denial.NoBackend => ProxyError.DestinationUnavailable,
            Denial.QueueFull or Denial.TimedOut => ProxyError.ConnectionLimitReached,
            _ => ProxyError.ProxyInternalResponse,
        };
        return response;
    }
}
