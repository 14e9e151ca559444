using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace GoAround.Cli;

/// <summary>
/// Gives memory back to the system once the process has become quiet. What OpenSSL and the runtime free, glibc keeps for each of
/// its arenas: after a rush of TLS clients more than 100 MB that nothing uses, for ever.
/// </summary>
internal sealed class IdleMemory : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    /// <summary>CPU time in an interval up to which the process is quiet.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(100);

    /// <summary>CPU time since the last time from which there may be something to give.</summary>
    private static readonly TimeSpan Work = TimeSpan.FromSeconds(1);

    private readonly Func<TimeSpan> _cpu;
    private readonly Action _giveBack;
    private readonly ITimer _timer;
    private TimeSpan _last;
    private TimeSpan _given;

    /// <param name="time">When it looks.</param>
    /// <param name="cpu">The CPU time of the process so far.</param>
    /// <param name="giveBack">Gives it back; one call at a time.</param>
    public IdleMemory(TimeProvider time, Func<TimeSpan> cpu, Action giveBack)
    {
        _cpu = cpu;
        _giveBack = giveBack;
        _last = cpu();
        _timer = time.CreateTimer(static memory => ((IdleMemory)memory!).Look(), this, Interval, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Watches this process; null where its C library keeps nothing, or cannot be told.</summary>
    public static IdleMemory? OfProcess(TimeProvider time) =>
        OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libc.so.6", out nint library) && NativeLibrary.TryGetExport(library, "malloc_trim", out _)
            ? new IdleMemory(time, static () => Environment.CpuUsage.TotalTime, static () => _ = Trim(0))
            : null;

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    // Any thread: it takes one arena's lock after the other, which holds up whoever allocates there; hence only in quiet.
    [DllImport("libc.so.6", EntryPoint = "malloc_trim")]
    private static extern int Trim(nuint pad);

    private void Look()
    {
        TimeSpan now = _cpu();
        if (now - _last <= Quiet && now - _given >= Work)
        {
            _giveBack();
            now = _cpu(); // what that took is no work
            _given = now;
        }

        _last = now;
        _timer.Change(Interval, Timeout.InfiniteTimeSpan);
    }
}
