using System.Collections.Generic;
using System.Threading;

namespace GoAround.Core.Upstream;

/// <summary>The sockets of one backend that wait for a request: last used, first reused, so that few stay warm under light load.</summary>
internal sealed class BackendSockets
{
    private readonly Lock _gate = new();
    private readonly List<UpstreamSocket> _idle = [];
    private int _open;
    private bool _isRetired;

    /// <summary>Sockets that wait for a request.</summary>
    public int IdleCount
    {
        get
        {
            lock (_gate)
            {
                return _idle.Count;
            }
        }
    }

    /// <summary>All sockets to the backend.</summary>
    public int OpenCount => Volatile.Read(ref _open);

    /// <summary>Counts a socket that was dialled.</summary>
    public void OnOpened() => Interlocked.Increment(ref _open);

    /// <summary>Counts a socket that is gone.</summary>
    public void OnClosed() => Interlocked.Decrement(ref _open);

    /// <summary>The socket that was used last, or null.</summary>
    public UpstreamSocket? TryTake()
    {
        lock (_gate)
        {
            while (_idle.Count > 0)
            {
                UpstreamSocket socket = _idle[^1];
                _idle.RemoveAt(_idle.Count - 1);
                if (socket.TryUse())
                {
                    return socket;
                }
            }
        }

        return null;
    }

    /// <summary>Keeps a socket for the next request; false where the backend was retired.</summary>
    public bool TryKeep(UpstreamSocket socket)
    {
        lock (_gate)
        {
            if (_isRetired)
            {
                return false;
            }

            _idle.Add(socket);
            return true;
        }
    }

    /// <summary>Closes the idle sockets, and those in use as they come back.</summary>
    public void Retire()
    {
        lock (_gate)
        {
            _isRetired = true;
        }

        CloseIdle();
    }

    /// <summary>Closes every idle socket.</summary>
    public void CloseIdle() => Close(long.MaxValue);

    /// <summary>Closes the sockets that have been idle since before a timestamp, and forgets those the backend closed.</summary>
    public void Trim(long idleSinceBefore) => Close(idleSinceBefore);

    private void Close(long idleSinceBefore)
    {
        List<UpstreamSocket>? leaving = null;
        lock (_gate)
        {
            for (int i = _idle.Count - 1; i >= 0; i--)
            {
                if (!_idle[i].IsIdle || _idle[i].IdleSince < idleSinceBefore)
                {
                    (leaving ??= []).Add(_idle[i]);
                    _idle.RemoveAt(i);
                }
            }
        }

        if (leaving is not null)
        {
            foreach (UpstreamSocket socket in leaving)
            {
                if (socket.TryWake())
                {
                    socket.Dispose();
                }
            }
        }
    }
}
