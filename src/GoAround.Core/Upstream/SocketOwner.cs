using System.Threading;

namespace GoAround.Core.Upstream;

/// <summary>Who has a socket: an exchange, at first; the idle ones of its backend; or, once it is closed, nobody. Any thread.</summary>
internal struct SocketOwner
{
    private const int Busy = 0;
    private const int Parked = 1;
    private const int Closed = 2;

    private int _state;

    /// <summary>It waits for a request.</summary>
    public bool IsParked => Volatile.Read(ref _state) == Parked;

    /// <summary>Takes it from the idle ones; true for the one who got it.</summary>
    public bool TryWake() => Interlocked.CompareExchange(ref _state, Busy, Parked) == Parked;

    /// <summary>Gives it to the idle ones; a full fence: what comes from now on sees it parked.</summary>
    public void Park() => Interlocked.Exchange(ref _state, Parked);

    /// <summary>Nobody gets it any more.</summary>
    public void Close() => Volatile.Write(ref _state, Closed);
}
