using System;
using System.Threading.Tasks;
using System.Threading.Tasks.Sources;
using GoAround.Core.Async;

namespace GoAround.Core.Cache;

/// <summary>One request that waits for a fetch, or reads along with it. Belongs to its answer, and is used again with it.</summary>
internal sealed class FillReader : IValueTaskSource<bool>
{
    private ManualResetValueTaskSourceCore<bool> _wake;

    /// <summary>Whom it sits among; set while it does.</summary>
    public FillAudience? Audience { get; set; }

    /// <summary>Its neighbours in the audience; only the audience touches them.</summary>
    public FillReader? Next { get; set; }

    /// <inheritdoc cref="Next"/>
    public FillReader? Previous { get; set; }

    /// <summary>The next one of those that are woken together.</summary>
    public FillReader? NextWoken { get; set; }

    /// <summary>It waits for a signal; under the audience's lock.</summary>
    public bool IsWaiting { get; set; }

    /// <summary>Its client's connection is in use by the fetch, for an interim response; under the audience's lock.</summary>
    public bool IsHeld { get; set; }

    /// <summary>It gave up while it was held; under the audience's lock.</summary>
    public bool HasGivenUp { get; set; }

    /// <summary>It knows what the fetch has for it, and keeps what it reads; under the audience's lock.</summary>
    public bool HasBegun { get; set; }

    /// <summary>Its answer goes to an application, which may block: it does not run on upon the stack of the fetch, which could not go on before.</summary>
    public bool MayBlock { get; set; }

    /// <summary>Gets ready for a wait; the result is false where it gave up.</summary>
    public ValueTask<bool> Prepare()
    {
        _wake.Reset();
        return new(this, _wake.Version);
    }

    /// <summary>Ends the wait.</summary>
    /// <param name="isSignal">Something has happened; false: it gave up.</param>
    /// <param name="isAlone">It may run on here and now; else it is put off, so as not to hold up the others.</param>
    /// <param name="runner">Where it goes on if it is put off; null: on the thread pool.</param>
    public void Wake(bool isSignal, bool isAlone, IWorkRunner? runner)
    {
        _wake.RunContinuationsAsynchronously = !isAlone && runner is null;
        if (isAlone || runner is null)
        {
            _wake.SetResult(isSignal);
        }
        else
        {
            runner.Enqueue(
                isSignal ? static reader => ((FillReader)reader!)._wake.SetResult(true) : static reader => ((FillReader)reader!)._wake.SetResult(false), this);
        }
    }

    /// <inheritdoc/>
    public bool GetResult(short token) => _wake.GetResult(token);

    /// <inheritdoc/>
    public ValueTaskSourceStatus GetStatus(short token) => _wake.GetStatus(token);

    /// <inheritdoc/>
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _wake.OnCompleted(continuation, state, token, flags);
}
