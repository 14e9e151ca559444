using System;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Cli.Tests;

public class StopSignalsTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Same_signal_at_once_is_the_first_one_told_twice()
    {
        using StopSignals signals = new(_time);
        signals.Take(new PosixSignalContext(PosixSignal.SIGTERM));
        Assert.Equal("SIGTERM", signals.First.Result);
        _time.Advance(StopSignals.Echo - TimeSpan.FromTicks(1));
        signals.Take(new PosixSignalContext(PosixSignal.SIGTERM));
        Assert.False(signals.Second.IsCompleted);
        _time.Advance(TimeSpan.FromTicks(1));
        signals.Take(new PosixSignalContext(PosixSignal.SIGTERM));
        Assert.True(signals.Second.IsCompletedSuccessfully);
    }

    [Fact]
    public void Another_signal_is_a_second_one_at_once()
    {
        using StopSignals signals = new(_time);
        PosixSignalContext context = new(PosixSignal.SIGTERM);
        signals.Take(context);
        signals.Take(new PosixSignalContext(PosixSignal.SIGINT));
        Assert.Equal("SIGINT", signals.Second.Result);
        Assert.True(context.Cancel); // the process does not end by it
    }
}
