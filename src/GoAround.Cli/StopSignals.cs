using System;
using System.Runtime.InteropServices;
using System.Threading.Tasks;

namespace GoAround.Cli;

/// <summary>SIGTERM and SIGINT: the first asks for an orderly end, the second for one at once.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly TaskCompletionSource<string> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _second = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PosixSignalRegistration _terminate;
    private readonly PosixSignalRegistration _interrupt;

    public StopSignals()
    {
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

    private void Take(PosixSignalContext context)
    {
        context.Cancel = true;
        string name = context.Signal.ToString();
        if (!_first.TrySetResult(name))
        {
            _second.TrySetResult(name);
        }
    }
}
