using System;
using System.Collections.Generic;
using System.Threading;

namespace GoAround.Core.Pool;

/// <summary>Hands every change to all who watch; publishing never waits and runs nobody's code.</summary>
internal sealed class ChangeFeed(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly List<ChangeWatch> _watches = [];
    private bool _isClosed;

    /// <summary>Tells everybody who watches now; in order, for it is called under the gate of the free slots.</summary>
    public void Publish(PoolChangeKind kind, Backend backend, string reason = "")
    {
        lock (_gate)
        {
            if (_watches.Count == 0)
            {
                return;
            }

            PoolChange change = new(kind, backend, time.GetUtcNow()) { Reason = reason };
            foreach (ChangeWatch watch in _watches)
            {
                watch.Add(change);
            }
        }
    }

    /// <summary>Watches from now on.</summary>
    public IAsyncEnumerable<PoolChange> Watch(CancellationToken cancellationToken)
    {
        ChangeWatch watch = new(this, time);
        lock (_gate)
        {
            if (_isClosed)
            {
                watch.End();
            }
            else
            {
                _watches.Add(watch);
            }
        }

        watch.EndOn(cancellationToken);
        return watch.ReadAsync(cancellationToken, default);
    }

    /// <summary>Forgets one.</summary>
    public void Remove(ChangeWatch watch)
    {
        lock (_gate)
        {
            _watches.Remove(watch);
        }
    }

    /// <summary>Ends every watch, once what was published is read.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            foreach (ChangeWatch watch in _watches)
            {
                watch.End();
            }

            _watches.Clear();
        }
    }
}
