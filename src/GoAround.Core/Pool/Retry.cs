using System.Collections.Generic;

namespace GoAround.Core.Pool;

/// <summary>What a request that has failed carries from try to try; made with the first failure.</summary>
internal sealed class Retry(BackendException failure)
{
    private const int MaxStaleResends = 3;

    private int _staleResends;

    /// <summary>The latest failure.</summary>
    public BackendException Failure { get; private set; } = failure;

    /// <summary>Connections tried so far.</summary>
    public int Attempts { get; private set; }

    /// <summary>The next try may go to any backend again: only a stale socket was at fault, and not too often.</summary>
    public bool IsFree { get; private set; }

    /// <summary>Backends that are out of the question.</summary>
    public List<Backend> Tried { get; } = [];

    /// <summary>A permit of the retry budget is to be given back.</summary>
    public bool HoldsPermit { get; set; }

    /// <summary>Notes one more failure.</summary>
    public void Note(Backend backend, BackendException failure)
    {
        Failure = failure;
        Attempts++;
        IsFree = failure.WasStale && _staleResends < MaxStaleResends;
        if (IsFree)
        {
            _staleResends++;
        }
        else
        {
            Tried.Add(backend);
        }
    }
}
