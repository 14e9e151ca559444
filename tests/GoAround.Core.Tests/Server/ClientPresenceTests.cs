using System;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Server;
using GoAround.Core.Sockets;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Core.Tests.Server;

/// <summary>One thread is told of an arrival while another goes on with the connection: the time of the next look never takes the place of another deadline, nor passes as one.</summary>
public sealed class ClientPresenceTests : IDisposable
{
    private const string Start = "HTTP/1.1 "; // what is sent ahead, byte by byte

    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(75);
    private static readonly TimeSpan Instant = TimeSpan.FromMilliseconds(1);

    private readonly PresenceRig _rig = new();
    private readonly FakeTimeProvider _time;
    private readonly AskedTransport _transport;
    private readonly ClientPresence _presence;

    public ClientPresenceTests()
    {
        _time = _rig.Time;
        _transport = _rig.Transport;
        _presence = _rig.Presence;
    }

    public void Dispose() => _rig.Dispose();

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

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Half_closed_client_is_asked_byte_by_byte_with_growing_pauses_and_counts_as_gone_then(bool tells)
    {
        _transport.Tells = tells;
        _presence.BeginRequest();
        _presence.OnHalfClosed();
        TimeSpan pause = TimeSpan.FromMilliseconds(10);
        for (int i = 0; i < Start.Length; i++)
        {
            Assert.Equal(Start[..i], _transport.Sent);
            _time.Advance(pause - Instant);
            Assert.Equal(Start[..i], _transport.Sent);
            _time.Advance(Instant);
            Assert.Equal(Start[..(i + 1)], _transport.Sent);
            pause = TimeSpan.FromMilliseconds(500 << i);
        }

        _time.Advance(pause - Instant);
        Assert.False(_presence.Left.IsCancellationRequested);
        _time.Advance(Instant);
        Assert.True(_presence.Left.IsCancellationRequested);
        Assert.Equal(Start, _transport.Sent);
    }

    [Fact]
    public void Client_that_does_not_take_the_first_byte_gets_no_second_one_and_counts_as_gone_in_the_same_time()
    {
        _transport.Taking = new TaskCompletionSource<SocketError>();
        _presence.BeginRequest();
        _presence.OnHalfClosed();
        _rig.Pass(TimeSpan.FromSeconds(256));
        Assert.Equal(Start[..1], _transport.Sent);
        Assert.True(_presence.Left.IsCancellationRequested);
    }

    [Fact]
    public void Client_that_refuses_the_first_byte_is_gone()
    {
        _transport.Outcome = SocketError.ConnectionReset;
        _presence.BeginRequest();
        _presence.OnHalfClosed();
        _time.Advance(LookInterval);
        Assert.True(_presence.Left.IsCancellationRequested);
    }

    [Fact]
    public void Reset_that_answers_the_first_byte_is_seen_by_asking_where_the_transport_does_not_tell()
    {
        _presence.BeginRequest();
        _presence.LookOut();
        _transport.End = PeerEnd.Closed;
        _time.Advance(LookInterval * 3);
        _time.Advance(LookInterval);
        Assert.Equal(Start[..1], _transport.Sent);
        Assert.False(_presence.Deadline.HasPassed);
        _transport.End = PeerEnd.Reset;
        _time.Advance(LookInterval * 3);
        Assert.True(_presence.Deadline.HasPassed);
    }

    [Fact]
    public void Nothing_is_sent_ahead_of_an_answer_that_goes_out_and_of_none_that_is_not_owed()
    {
        _presence.OnHalfClosed(); // no request
        _time.Advance(LookInterval);
        _presence.BeginRequest();
        _presence.OnHalfClosed();
        Assert.Null(_presence.OnSending());
        _time.Advance(LookInterval);
        _presence.OnSent();
        _time.Advance(LookInterval);
        _presence.EndRequest();
        _presence.BeginRequest();
        _presence.OnHalfClosed();
        _presence.BeginReading();
        _time.Advance(LookInterval);
        _presence.EndReading();
        _presence.OnHalfClosed();
        _presence.BeginTunnel();
        _time.Advance(LookInterval);
        Assert.Equal("", _transport.Sent);
    }

    [Fact]
    public async Task What_is_out_is_taken_once_by_the_answer_and_the_next_answer_begins_anew()
    {
        for (int i = 0; i < 2; i++)
        {
            _presence.BeginRequest();
            _presence.OnHalfClosed();
            _rig.Pass(TimeSpan.FromSeconds(2));
            AnswerProbe? probe = _presence.OnSending();
            Assert.Equal(Start[..3], _transport.Sent); // at 10, 510 and 1510 ms
            Assert.Equal(Start[3..], await PresenceRig.TakeAsync(probe, Start));
            _presence.OnSent();
            Assert.Null(_presence.OnSending());
            _presence.OnSent();
            _presence.EndRequest();
            _transport.Sent = "";
        }
    }

    [Fact]
    public async Task Behind_an_interim_response_the_probe_begins_with_the_first_byte_again()
    {
        _presence.BeginRequest();
        _presence.OnHalfClosed();
        _rig.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(Start[..2], _transport.Sent);
        AnswerProbe? probe = _presence.OnSendingInterim();
        _rig.Pass(TimeSpan.FromSeconds(4)); // the interim response is still being sent
        Assert.Equal(Start[..2], _transport.Sent);
        Assert.Equal(Start[2..], await PresenceRig.TakeAsync(probe, Start));
        _presence.OnSent();
        _transport.Sent = "";
        _rig.Pass(TimeSpan.FromSeconds(4));
        Assert.Equal(Start[..3], _transport.Sent); // at 0.5, 1.5 and 3.5 s: that it has taken the interim response begins the pauses anew
    }

    [Fact]
    public async Task Answer_that_begins_just_when_the_probe_and_the_next_look_are_due_is_sent_once_and_cuts_nobody()
    {
        _transport.Tells = true;
        using Barrier start = new(2);
        for (int i = 0; i < 3_000; i++)
        {
            using ClientPresence presence = _rig.Open();
            _transport.Sent = "";
            presence.BeginRequest();
            presence.OnHalfClosed();
            Thread ticking = new(() =>
            {
                start.SignalAndWait();
                _time.Advance(LookInterval * 2);
            });
            ticking.Start();
            start.SignalAndWait();
            Thread.SpinWait(i % 300 * 10); // from before the probe until after it
            AnswerProbe? probe = presence.OnSending();
            await _transport.SendAsync(Encoding.ASCII.GetBytes(await PresenceRig.TakeAsync(probe, Start)));
            presence.OnSent();
            ticking.Join();
            Assert.Equal(Start, _transport.Sent);
            Assert.False(_transport.HasOverlapped);
            Assert.False(presence.Deadline.HasPassed);
            Assert.False(presence.Left.IsCancellationRequested);
        }
    }

    private void ExpectLimit()
    {
        _time.Advance(LookInterval * 3);
        Assert.False(_presence.Deadline.HasPassed);
        _time.Advance(Limit);
        Assert.True(_presence.Deadline.HasPassed);
    }
}
