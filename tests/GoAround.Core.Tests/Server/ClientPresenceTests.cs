using System;
using System.Net.Sockets;
using System.Threading.Tasks;
using GoAround.Core.Async;
using GoAround.Core.Server;
using GoAround.Core.Sockets;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Core.Tests.Server;

/// <summary>One thread is told of an arrival while another goes on with the connection: the time of the next look never takes the place of another deadline, nor passes as one.</summary>
public sealed class ClientPresenceTests : IDisposable
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(75);

    private readonly FakeTimeProvider _time = new();
    private readonly DeadlineClock _clock;
    private readonly AskedTransport _transport = new();
    private readonly ClientPresence _presence;

    public ClientPresenceTests()
    {
        _clock = new DeadlineClock(_time);
        ServerContext server = new(
            new ServerOptions(), new ScriptedHandler((_, _) => throw new NotSupportedException()), ProxyEvents.None, _time, _clock, NullLogger.Instance);
        _presence = new ClientPresence(server, _transport, null, static _ => { }, this);
    }

    public void Dispose()
    {
        _presence.Dispose();
        _transport.Dispose();
        _clock.Dispose();
    }

    [Fact]
    public void Arrival_that_is_told_late_does_not_shorten_the_wait_for_the_next_request()
    {
        _presence.BeginRequest();
        _transport.WhenAsked = () =>
        {
            _presence.EndRequest();
            _presence.Deadline.Set(Limit);
        };
        _presence.LookBehind();
        ExpectLimit();
    }

    [Fact]
    public void Arrival_that_is_told_late_does_not_shorten_the_wait_for_a_body()
    {
        _presence.BeginRequest();
        _transport.WhenAsked = () =>
        {
            _presence.BeginReading();
            _presence.Deadline.Set(Limit);
        };
        _presence.LookBehind();
        ExpectLimit();
    }

    [Fact]
    public void Arrival_that_is_told_late_does_not_limit_a_tunnel()
    {
        _presence.BeginRequest();
        _transport.WhenAsked = _presence.BeginTunnel;
        _presence.LookBehind();
        _time.Advance(Limit);
        Assert.False(_presence.Deadline.HasPassed);
    }

    [Fact]
    public void Look_that_is_due_when_the_request_ends_does_not_pass_as_another_deadline()
    {
        _presence.BeginRequest();
        _presence.LookOut();
        _presence.EndRequest();
        _time.Advance(LookInterval * 3);
        Assert.False(_presence.Deadline.HasPassed);
        _presence.Deadline.Set(Limit);
        ExpectLimit();
    }

    [Fact]
    public void Client_is_asked_for_again_and_again_while_a_request_is_under_way()
    {
        _presence.BeginRequest();
        _presence.LookOut();
        _time.Advance(LookInterval * 3);
        _time.Advance(LookInterval * 3);
        Assert.InRange(_transport.Asked, 2, int.MaxValue);
        Assert.False(_presence.Deadline.HasPassed);
    }

    private void ExpectLimit()
    {
        _time.Advance(LookInterval * 3);
        Assert.False(_presence.Deadline.HasPassed);
        _time.Advance(Limit);
        Assert.True(_presence.Deadline.HasPassed);
    }

    /// <summary>A transport that does not tell of the other side's end, and has to be asked.</summary>
    private sealed class AskedTransport : Transport
    {
        private Action? _whenAsked;

        /// <summary>Done once, when it is asked whether it tells: what another thread may do in between.</summary>
        public Action WhenAsked
        {
            set => _whenAsked = value;
        }

        public int Asked { get; private set; }

        public override bool TellsPeerEnd
        {
            get
            {
                Action? now = _whenAsked;
                _whenAsked = null;
                now?.Invoke();
                return false;
            }
        }

        public override PeerEnd PeerEnd
        {
            get
            {
                Asked++;
                return PeerEnd.None;
            }
        }

        public override long Handed => 0;

        public override bool TryReceive(IReceiveSink sink, out Transfer transfer)
        {
            transfer = default;
            return false;
        }

        public override ValueTask<SocketError> SendAsync(ReadOnlyMemory<byte> bytes) => new(SocketError.Success);

        public override long CountTaken() => 0;

        public override ValueTask ShutdownSendAsync() => default;

        public override void Abort()
        {
        }

        public override void Dispose()
        {
        }
    }
}
