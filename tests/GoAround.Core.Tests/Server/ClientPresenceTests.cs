using System;
using System.Net.Sockets;
using System.Text;
using System.Threading;
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
    private const string Start = "HTTP/1.1 "; // what is sent ahead, byte by byte
    private const string Zeros = "000000"; // of a chunk's size

    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(75);
    private static readonly TimeSpan Instant = TimeSpan.FromMilliseconds(1);

    private readonly FakeTimeProvider _time = new();
    private readonly DeadlineClock _clock;
    private readonly AskedTransport _transport = new();
    private readonly ServerContext _server;
    private readonly ClientPresence _presence;

    public ClientPresenceTests()
    {
        _clock = new DeadlineClock(_time);
        _server = new(
            new ServerOptions(), new ScriptedHandler((_, _) => throw new NotSupportedException()), ProxyEvents.None, _time, _clock, NullLogger.Instance);
        _presence = new ClientPresence(_server, _transport, null, static _ => { }, this);
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
        Pass(TimeSpan.FromSeconds(256));
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
            Pass(TimeSpan.FromSeconds(2));
            AnswerProbe? probe = _presence.OnSending();
            Assert.Equal(Start[..3], _transport.Sent); // at 10, 510 and 1510 ms
            Assert.Equal(Start[3..], await TakeAsync(probe, Start));
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
        Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(Start[..2], _transport.Sent);
        AnswerProbe? probe = _presence.OnSendingInterim();
        Pass(TimeSpan.FromSeconds(4)); // the interim response is still being sent
        Assert.Equal(Start[..2], _transport.Sent);
        Assert.Equal(Start[2..], await TakeAsync(probe, Start));
        _presence.OnSent();
        _transport.Sent = "";
        Pass(TimeSpan.FromSeconds(4));
        Assert.Equal(Start[..3], _transport.Sent); // at 0.5, 1.5 and 3.5 s: that it has taken the interim response begins the pauses anew
    }

    [Fact]
    public async Task Answer_that_begins_just_when_the_probe_and_the_next_look_are_due_is_sent_once_and_cuts_nobody()
    {
        _transport.Tells = true;
        using Barrier start = new(2);
        for (int i = 0; i < 3_000; i++)
        {
            using ClientPresence presence = new(_server, _transport, null, static _ => { }, this);
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
            await _transport.SendAsync(Encoding.ASCII.GetBytes(await TakeAsync(probe, Start)));
            presence.OnSent();
            ticking.Join();
            Assert.Equal(Start, _transport.Sent);
            Assert.False(_transport.HasOverlapped);
            Assert.False(presence.Deadline.HasPassed);
            Assert.False(presence.Left.IsCancellationRequested);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Half_closed_client_is_asked_between_chunks_by_zeros_before_the_next_size_and_counts_as_gone_then(bool tells)
    {
        _transport.Tells = tells;
        _presence.BeginRequest();
        SendHead(isChunked: true);
        _presence.OnHalfClosed();
        TimeSpan pause = TimeSpan.FromMilliseconds(10);
        for (int i = 0; i < Zeros.Length; i++)
        {
            Assert.Equal(Zeros[..i], _transport.Sent);
            _time.Advance(pause - Instant);
            Assert.Equal(Zeros[..i], _transport.Sent);
            _time.Advance(Instant);
            Assert.Equal(Zeros[..(i + 1)], _transport.Sent);
            pause = TimeSpan.FromMilliseconds(500 << i);
        }

        _time.Advance(pause - Instant);
        Assert.False(_presence.Left.IsCancellationRequested);
        Assert.False(_presence.Deadline.HasPassed);
        _time.Advance(Instant);
        Assert.True(_presence.Left.IsCancellationRequested);
        Assert.Equal(Zeros, _transport.Sent);
    }

    [Fact]
    public void Reset_that_answers_a_zero_is_seen_by_asking_where_the_transport_does_not_tell()
    {
        _presence.BeginRequest();
        _presence.LookOut();
        SendHead(isChunked: true);
        _transport.End = PeerEnd.Closed;
        _time.Advance(LookInterval * 3);
        _time.Advance(LookInterval);
        Assert.Equal(Zeros[..1], _transport.Sent);
        Assert.False(_presence.Deadline.HasPassed);
        _transport.End = PeerEnd.Reset;
        _time.Advance(LookInterval * 3);
        Assert.True(_presence.Deadline.HasPassed);
    }

    [Fact]
    public async Task Each_chunk_asks_by_itself_so_that_the_pauses_begin_anew_behind_it()
    {
        _presence.BeginRequest();
        SendHead(isChunked: true);
        _presence.OnHalfClosed();
        for (int i = 0; i < 3; i++)
        {
            _transport.Sent = "";
            Pass(TimeSpan.FromSeconds(2));
            AnswerProbe? probe = _presence.OnSending();
            Assert.Equal(Zeros[..(i == 0 ? 3 : 2)], _transport.Sent); // at 10, 510 and 1510 ms; behind a chunk at 500 and 1500
            Assert.Equal("4\r\n", await TakeAsync(probe, "4\r\n"));
            _presence.OnSent();
        }

        Assert.False(_presence.Left.IsCancellationRequested);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void Where_no_chunk_follows_nothing_is_sent_ahead_and_the_client_has_its_grace(bool isChunked, bool isOver)
    {
        _presence.BeginRequest();
        SendHead(isChunked);
        if (isOver)
        {
            _presence.EndResponseBody();
            Assert.Null(_presence.OnSending());
            _presence.OnSent();
        }

        _presence.OnHalfClosed();
        _time.Advance(TimeSpan.FromMilliseconds(400));
        Assert.False(_presence.Deadline.HasPassed);
        _time.Advance(LookInterval * 3);
        Assert.True(_presence.Deadline.HasPassed);
        Assert.Equal("", _transport.Sent);
    }

    [Fact]
    public void No_zero_is_sent_while_a_chunk_is()
    {
        _presence.BeginRequest();
        SendHead(isChunked: true);
        _presence.OnHalfClosed();
        Assert.Null(_presence.OnSending());
        Pass(TimeSpan.FromSeconds(2));
        Assert.Equal("", _transport.Sent);
    }

    [Fact]
    public void Half_that_closes_while_a_chunk_is_sent_is_asked_behind_it()
    {
        _presence.BeginRequest();
        SendHead(isChunked: true);
        Assert.Null(_presence.OnSending());
        _presence.OnHalfClosed();
        Pass(TimeSpan.FromSeconds(1));
        Assert.Equal("", _transport.Sent);
        _presence.OnSent();
        Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(Zeros[..2], _transport.Sent);
    }

    [Fact]
    public async Task Chunk_that_is_sent_just_when_the_probe_is_due_stays_whole()
    {
        _transport.Tells = true;
        using Barrier start = new(2);
        for (int i = 0; i < 3_000; i++)
        {
            using ClientPresence presence = new(_server, _transport, null, static _ => { }, this);
            presence.BeginRequest();
            SendHead(isChunked: true, presence);
            _transport.Sent = "";
            Thread ticking = new(() =>
            {
                start.SignalAndWait();
                presence.OnHalfClosed();
                _time.Advance(LookInterval * 2);
            });
            ticking.Start();
            start.SignalAndWait();
            Thread.SpinWait(i % 300 * 10); // from before the probe until after it
            AnswerProbe? probe = presence.OnSending();
            await _transport.SendAsync(Encoding.ASCII.GetBytes(await TakeAsync(probe, "2\r\nok\r\n")));
            presence.OnSent();
            ticking.Join();
            Pass(TimeSpan.FromSeconds(1));
            Assert.Matches("^0?2\r\nok\r\n0+$", _transport.Sent);
            Assert.False(_transport.HasOverlapped);
            Assert.False(presence.Deadline.HasPassed);
            Assert.False(presence.Left.IsCancellationRequested);
        }
    }

    [Theory]
    [InlineData(false, SocketError.Success)]
    [InlineData(true, SocketError.Success)]
    [InlineData(false, SocketError.ConnectionReset)]
    [InlineData(true, SocketError.ConnectionReset)]
    public async Task What_comes_next_waits_until_what_is_out_has_been_taken(bool isWithinBody, SocketError outcome)
    {
        _presence.BeginRequest();
        if (isWithinBody)
        {
            SendHead(isChunked: true);
        }

        _transport.Taking = new TaskCompletionSource<SocketError>();
        _presence.OnHalfClosed();
        _time.Advance(LookInterval);
        Assert.Equal(isWithinBody ? Zeros[..1] : Start[..1], _transport.Sent);
        OutboundBuffer outbound = default;
        outbound.Append("HTTP"u8);
        ValueTask<SocketError> taking = _presence.OnSending()!.TakeFrom(ref outbound);
        Assert.Equal(isWithinBody ? 4 : 3, outbound.Length);
        outbound.Return();
        Assert.False(taking.IsCompleted);
        _transport.Taking.SetResult(outcome);
        Assert.Equal(outcome, await taking);
    }

    private void SendHead(bool isChunked, ClientPresence? presence = null)
    {
        presence ??= _presence;
        presence.BeginResponseBody(isChunked);
        Assert.Null(presence.OnSending());
        presence.OnSent();
    }

    /// <summary>What is left to be sent of something that a probe may have begun.</summary>
    private static async Task<string> TakeAsync(AnswerProbe? probe, string next)
    {
        if (probe is null)
        {
            return next;
        }

        OutboundBuffer outbound = default;
        outbound.Append(Encoding.ASCII.GetBytes(next));
        ValueTask<SocketError> taking = probe.TakeFrom(ref outbound);
        string rest = Encoding.ASCII.GetString(outbound.Bytes.Span);
        outbound.Return();
        Assert.Equal(SocketError.Success, await taking);
        return rest;
    }

    /// <summary>In small steps: what a timer's call sets counts from the end of its step.</summary>
    private void Pass(TimeSpan time)
    {
        TimeSpan step = TimeSpan.FromMilliseconds(10);
        for (TimeSpan passed = default; passed < time; passed += step)
        {
            _time.Advance(step);
        }
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
        private int _sending;

        /// <summary>Done once, when it is asked whether it tells: what another thread may do in between.</summary>
        public Action WhenAsked
        {
            set => _whenAsked = value;
        }

        public int Asked { get; private set; }

        public bool Tells { get; set; }

        public PeerEnd End { get; set; }

        /// <summary>What was sent; ASCII.</summary>
        public string Sent { get; set; } = "";

        public SocketError Outcome { get; set; }

        /// <summary>Two sends were under way at once.</summary>
        public bool HasOverlapped { get; private set; }

        /// <summary>The end of each send, where it does not end at once.</summary>
        public TaskCompletionSource<SocketError>? Taking { get; set; }

        public override bool TellsPeerEnd
        {
            get
            {
                Action? now = _whenAsked;
                _whenAsked = null;
                now?.Invoke();
                return Tells;
            }
        }

        public override PeerEnd PeerEnd
        {
            get
            {
                Asked++;
                return End;
            }
        }

        public override long Handed => 0;

        public override bool TryReceive(IReceiveSink sink, out Transfer transfer)
        {
            transfer = default;
            return false;
        }

        public override ValueTask<SocketError> SendAsync(ReadOnlyMemory<byte> bytes)
        {
            HasOverlapped |= Interlocked.Increment(ref _sending) > 1;
            foreach (byte one in bytes.Span)
            {
                Sent += (char)one;
                Thread.SpinWait(20); // room for another thread
            }

            Interlocked.Decrement(ref _sending);
            return Taking is null ? new(Outcome) : new(Taking.Task);
        }

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
