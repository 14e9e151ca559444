using System;
using GoAround.Core.Async;
using GoAround.Core.Server;
using GoAround.Core.Tests.Sockets;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Core.Tests.Server;

/// <summary>How long a send may wait for a client that takes nothing.</summary>
public sealed class SendWatchTests : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(60);

    private readonly FakeTimeProvider _time = new();
    private readonly DeadlineClock _clock;
    private readonly ScriptedTransport _transport = new();
    private readonly SendWatch _watch;

    public SendWatchTests()
    {
        _clock = new DeadlineClock(_time);
        ServerContext server = new(
            new ServerOptions { BodyTimeout = Pause, MinBodyRate = 0 },
            new ScriptedHandler((_, _) => throw new NotSupportedException()),
            ProxyEvents.None,
            _time,
            _clock,
            NullLogger.Instance);
        _watch = new SendWatch(server, _transport, static _ => { }, this);
        _watch.Begin(_transport.Handed);
    }

    public void Dispose()
    {
        _watch.Dispose();
        _transport.Dispose();
        _clock.Dispose();
    }

    [Fact]
    public void Send_of_a_response_ends_with_the_longest_pause() => Assert.False(IsInTime());

    [Fact]
    public void Send_in_a_tunnel_waits_as_long_as_the_tunnel_lives()
    {
        _watch.BeginTunnel(hasTime: true);
        Assert.True(IsInTime());
    }

    [Fact]
    public void Send_in_a_tunnel_without_a_time_of_its_own_ends_with_the_longest_pause()
    {
        _watch.BeginTunnel(hasTime: false);
        Assert.False(IsInTime());
    }

    [Fact]
    public void End_of_a_tunnel_waits_no_longer_than_the_longest_pause()
    {
        _watch.BeginTunnel(hasTime: true);
        _watch.EndTunnel();
        Assert.False(IsInTime());
    }

    private bool IsInTime()
    {
        _watch.Start();
        for (int i = 0; i < 100; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        return _watch.Stop();
    }
}
