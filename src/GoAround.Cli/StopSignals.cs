using System;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Cli;

/// <summary>SIGTERM and SIGINT: the first asks for an orderly end, the second for one at once.</summary>
internal sealed class StopSignals : IDisposable
{
    /// <summary>The same signal again within this time is that one told twice: <c>timeout</c> sends it to its child, and then to the child's group.</summary>
    public static readonly TimeSpan Echo = TimeSpan.FromMilliseconds(100);

    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource<string> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _second = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PosixSignalRegistration _terminate;
    private readonly PosixSignalRegistration _interrupt;
    private string? _taken;
    private long _takenAt;

    public StopSignals(TimeProvider time)
    {
        _time = time;
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Take);
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Take);
    }

    /// <summary>The name of the first signal, once it came.</summary>
    public Task<string> First => _first.Task;

    /// <summary>The name of the second signal, once it came.</summary>
    public Task<string> Second => _second.Task;

    public void Dispose()
    {
        _terminate.Dispose();
        _interrupt.Dispose();
    }

    /// <summary>A signal has come.</summary>
    internal void Take(PosixSignalContext context)
    {
        context.Cancel = true;
        string name = context.Signal.ToString();
        lock (_gate)
        {
            if (_taken is null)
            {
                _taken = name;
                _takenAt = _time.GetTimestamp();
                _first.TrySetResult(name);
            }
            else if (_taken != name || _time.GetElapsedTime(_takenAt) >= Echo)
            {
                _second.TrySetResult(name);
            }
        }
    }
}
