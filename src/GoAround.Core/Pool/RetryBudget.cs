using System;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Core.Pool;

/// <summary>
/// Permits for retries: so few run at once that a failing fleet does not double its own load. Over budget a retry does
/// not fail, it waits in order and holds nothing meanwhile (docs/decisions/0004-retries-over-budget-wait.md).
/// </summary>
internal sealed class RetryBudget : IDisposable
{
    private readonly Lock _gate = new();
    private readonly WaitingLine _line;
    private readonly FreeSlots _slots;
    private readonly int _minRetries;
    private readonly double _share;
    private readonly int _maxQueue;
    private int _running;
    private bool _isClosed;

    /// <summary>Makes a budget for the requests that these slots carry.</summary>
    public RetryBudget(PoolOptions options, FreeSlots slots, TimeProvider time)
    {
        _line = new WaitingLine(_gate, time, options.QueueTimeout, ProxyEvents.None);
        _slots = slots;
        _minRetries = options.MinRetries;
        _share = options.RetryBudget;
        _maxQueue = options.MaxQueue;
    }

    /// <summary>Retries that run now.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>Retries that wait for their turn.</summary>
    public int QueueLength => _line.Count;

    private bool IsOff => _minRetries == 0 && _share <= 0;

    // At least one where retries are not switched off: or those who wait might wait for nobody.
    private int Limit => Math.Max(Math.Max(_minRetries, 1), (int)(_share * (_slots.RequestsInFlight + _line.Count)));

    /// <summary>A permit, at once or in turn; who got it calls <see cref="Leave"/>.</summary>
    public ValueTask<Grant> EnterAsync(CancellationToken cancellationToken)
    {
        Waiter waiter;
        Waiter? settled;
        lock (_gate)
        {
            waiter = _line.Add(null);
            if (_isClosed || IsOff)
            {
                _line.Settle(waiter, new Grant(null, _isClosed ? Denial.Closed : Denial.QueueFull));
            }

            Serve();
            if (waiter.InLine && _line.Count > _maxQueue)
            {
                _line.Settle(waiter, new Grant(null, Denial.QueueFull));
            }
            else if (waiter.InLine)
            {
                _line.KeepWaiting(waiter);
            }

            settled = _line.TakeSettled();
        }

        _line.Complete(settled);
        return WaitingLine.WaitAsync(waiter, cancellationToken);
    }

    /// <summary>Gives the permit to who waits for it.</summary>
    public void Leave()
    {
        Waiter? settled;
        lock (_gate)
        {
            _running--;
            Serve();
            settled = _line.TakeSettled();
        }

        _line.Complete(settled);
    }

    /// <summary>Denies everybody from now on.</summary>
    public void Close()
    {
        Waiter? settled;
        lock (_gate)
        {
            _isClosed = true;
            _line.SettleAll(Denial.Closed);
            settled = _line.TakeSettled();
        }

        _line.Complete(settled);
    }

    /// <inheritdoc/>
    public void Dispose() => _line.Dispose();

    private void Serve()
    {
        while (_line.First is { } first && _running < Limit)
        {
            _running++;
            _line.Settle(first, default);
        }
    }
}
