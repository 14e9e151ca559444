using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;

namespace GoAround.Core.Pool;

/// <summary>What one watcher has not read yet; bounded: the oldest goes, and is counted.</summary>
internal sealed class ChangeWatch(ChangeFeed feed, TimeProvider time)
{
    /// <summary>Changes kept for a reader that is late.</summary>
    public const int Capacity = 256;

    private readonly Lock _gate = new();
    private readonly Queue<PoolChange> _changes = [];

    // One signal is enough however much there is to read; its reader never goes on inside the pool.
    private readonly Mailbox<bool> _signal = new(time, capacity: 1);
    private CancellationTokenRegistration _registration;
    private int _missed;

    /// <summary>Adds one.</summary>
    public void Add(PoolChange change)
    {
        lock (_gate)
        {
            if (_changes.Count == Capacity)
            {
                _changes.Dequeue();
                _missed++;
            }

            _changes.Enqueue(change);
        }

        _signal.Post(true);
    }

    /// <summary>No more will come.</summary>
    public void End() => _signal.Close();

    /// <summary>Leaves the feed when the token fires, also where nobody ever reads; called once.</summary>
    public void EndOn(CancellationToken cancellationToken) =>
        _registration = cancellationToken.UnsafeRegister(static state => ((ChangeWatch)state!).Leave(), this);

    /// <summary>Reads on and on; leaves the feed at the end.</summary>
    public async IAsyncEnumerable<PoolChange> ReadAsync(CancellationToken given, [EnumeratorCancellation] CancellationToken asked)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(given, asked);
        try
        {
            do
            {
                while (TryTake(out PoolChange change))
                {
                    either.Token.ThrowIfCancellationRequested();
                    yield return change;
                }
            }
            while (await WaitAsync(either.Token).ConfigureAwait(false));
            given.ThrowIfCancellationRequested(); // which may have ended the signal before the wait
        }
        finally
        {
            await _registration.DisposeAsync().ConfigureAwait(false);
            Leave();
        }
    }

    private async ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        bool more = await _signal.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false);
        _signal.Reader.TryRead(out _);
        return more;
    }

    private bool TryTake(out PoolChange change)
    {
        lock (_gate)
        {
            if (!_changes.TryDequeue(out change))
            {
                return false;
            }

            change = change with { Missed = _missed };
            _missed = 0;
            return true;
        }
    }

    private void Leave()
    {
        feed.Remove(this);
        End();
    }
}
