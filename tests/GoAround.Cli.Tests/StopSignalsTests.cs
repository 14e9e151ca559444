using System;
using System.Runtime.InteropServices;
using System.Threading.Tasks;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Cli.Tests;

public class StopSignalsTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Same_signal_at_once_is_the_first_one_told_twice()
    {
        using StopSignals signals = new(_time);
        signals.Take(new PosixSignalContext(PosixSignal.SIGTERM));
        Assert.Equal("SIGTERM", await signals.First);
        _time.Advance(StopSignals.Echo - TimeSpan.FromTicks(1));
        signals.Take(new PosixSignalContext(PosixSignal.SIGTERM));
        Assert.False(signals.Second.IsCompleted);
        _time.Advance(TimeSpan.FromTicks(1));
        signals.Take(new PosixSignalContext(PosixSignal.SIGTERM));
        Assert.True(signals.Second.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Another_signal_is_a_second_one_at_once()
    {
        using StopSignals signals = new(_time);
        PosixSignalContext context = new(PosixSignal.SIGTERM);
        signals.Take(context);
        signals.Take(new PosixSignalContext(PosixSignal.SIGINT));
        Assert.Equal("SIGINT", await signals.Second);
        Assert.True(context.Cancel); // the process does not end by it
    }
}
