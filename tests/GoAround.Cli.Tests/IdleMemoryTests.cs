using System;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Cli.Tests;

public sealed class IdleMemoryTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly FakeTimeProvider _time = new();
    private TimeSpan _cpu = TimeSpan.FromSeconds(2);
    private int _given;

    [Fact]
    public void Memory_is_given_back_once_the_process_has_become_quiet()
    {
        using IdleMemory memory = Watch();
        PassInterval(cpuMilliseconds: 5000);
        Assert.Equal(0, _given);
        PassInterval(cpuMilliseconds: 50);
        Assert.Equal(1, _given);
    }

    [Fact]
    public void It_is_given_back_once_and_again_only_after_more_work()
    {
        using IdleMemory memory = Watch();
        for (int i = 0; i < 10; i++)
        {
            PassInterval(cpuMilliseconds: 1);
        }

        Assert.Equal(1, _given);
        PassInterval(cpuMilliseconds: 2000);
        PassInterval(cpuMilliseconds: 1);
        Assert.Equal(2, _given);
    }

    [Fact]
    public void Busy_process_keeps_what_it_will_use_again()
    {
        using IdleMemory memory = Watch();
        for (int i = 0; i < 10; i++)
        {
            PassInterval(cpuMilliseconds: 150);
        }

        Assert.Equal(0, _given);
    }

    [Fact]
    public void Memory_of_this_process_can_be_given_back()
    {
        using IdleMemory? memory = IdleMemory.OfProcess(_time);
        _time.Advance(Interval); // what the system's call does, only the process's size tells; here: it is found, and does no harm
    }

    private IdleMemory Watch() => new(_time, () => _cpu, () => _given++);

    private void PassInterval(int cpuMilliseconds)
    {
        _cpu += TimeSpan.FromMilliseconds(cpuMilliseconds);
        _time.Advance(Interval);
    }
}
