using System;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Sockets;
using GoAround.Core.Tests.Sockets;
using GoAround.Core.Tests.Wire;
using GoAround.Core.Upstream;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Core.Tests.Upstream;

public sealed class AddressRaceTests
{
    private static readonly IPAddress First = IPAddress.Loopback;
    private static readonly IPAddress Second = IPAddress.Parse("127.0.0.2");
    private static readonly IPAddress Third = IPAddress.Parse("127.0.0.3");

    [LinuxFact]
    public async Task Dead_first_address_costs_a_quarter_of_a_second_and_not_the_whole_dial()
    {
        FakeTimeProvider time = new();
        using FullListener dead = await FullListener.OpenAsync();
        using ScriptedBackend alive = new(at: new IPEndPoint(Second, dead.Port));
        Task<Transport> dial = DialAsync(time, dead.Port, default, First, Second);
        Task<WireEnd> accept = alive.AcceptAsync();
        await Task.WhenAny(accept, Task.Delay(20));
        Assert.False(dial.IsCompleted || accept.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(250));
        using WireEnd link = await accept;
        using Transport transport = await dial.WaitAsync(WireEnd.Patience);
        await transport.SendAsync("hello"u8.ToArray());
        await link.ExpectAsync("hello");
    }

    [LinuxFact]
    public async Task Refused_address_costs_no_time_at_all()
    {
        using HeldPort held = new(First, Second, Third);
        using ScriptedBackend alive = new(at: new IPEndPoint(Third, held.Number));
        Task<Transport> dial = DialAsync(new FakeTimeProvider(), alive.Port, default, First, Second, Third);
        using WireEnd link = await alive.AcceptAsync();
        using Transport transport = await dial.WaitAsync(WireEnd.Patience);
    }

    [LinuxFact]
    public async Task Addresses_that_are_all_dead_time_out_together()
    {
        FakeTimeProvider time = new();
        using FullListener dead = await FullListener.OpenAsync();
        Task<Transport> dial = DialAsync(time, dead.Port, default, First, First);
        BackendException failure = await Assert.ThrowsAsync<BackendException>(() => Until.EndedAsync(dial, time));
        Assert.Equal((BackendFailureStage.Dial, BackendFailureKind.TimedOut), (failure.Stage, failure.Kind));
    }

    [LinuxFact]
    public async Task Addresses_that_all_refuse_are_a_refused_dial()
    {
        using HeldPort held = new(First, Second);
        BackendException failure = await Assert.ThrowsAsync<BackendException>(() => DialAsync(new FakeTimeProvider(), held.Number, default, First, Second));
        Assert.Equal((BackendFailureStage.Dial, BackendFailureKind.Disconnected), (failure.Stage, failure.Kind));
        Assert.Contains("connection refused", failure.Message);
    }

    [LinuxFact]
    public async Task Caller_that_gives_up_ends_all_attempts()
    {
        FakeTimeProvider time = new();
        using CancellationTokenSource caller = new();
        using FullListener dead = await FullListener.OpenAsync();
        Task<Transport> dial = DialAsync(time, dead.Port, caller.Token, First, First, First);
        time.Advance(TimeSpan.FromMilliseconds(250));
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => dial.WaitAsync(WireEnd.Patience));
    }

    [Fact]
    public async Task Connection_that_comes_too_late_is_closed()
    {
        FakeTimeProvider time = new();
        TaskCompletionSource<DialledSocket> slow = new();
        using Socket late = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using Socket quick = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        AddressRace race = new([First, Second], Connect, time);
        Task<DialledSocket> run = race.RunAsync(default);
        time.Advance(TimeSpan.FromMilliseconds(250));
        Assert.Same(quick, (await run.WaitAsync(WireEnd.Patience)).Socket);
        Assert.True(late.SafeHandle.IsClosed);
        Assert.False(quick.SafeHandle.IsClosed);

        Task<DialledSocket> Connect(IPAddress address, CancellationToken stop)
        {
            if (address.Equals(Second))
            {
                return Task.FromResult(new DialledSocket(quick, null));
            }

            stop.Register(() => slow.SetResult(new DialledSocket(late, null))); // it came just when it was stopped
            return slow.Task;
        }
    }

    [Fact]
    public async Task Name_without_an_address_is_a_failed_dial()
    {
        BackendException failure = await Assert.ThrowsAsync<BackendException>(() => DialAsync(new FakeTimeProvider(), 80, default));
        Assert.Contains("no address", failure.Message);
    }

    private static Task<Transport> DialAsync(TimeProvider time, int port, CancellationToken cancellationToken, params IPAddress[] addresses)
    {
        BackendDialer dialer = new(new UpstreamOptions(), time, (_, _) => Task.FromResult(addresses));
        return dialer.DialAsync(Backend.Parse($"http://several.example:{port}"), cancellationToken).AsTask();
    }
}
