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

/// <summary>A client that has closed its half is asked between the chunks of its answer, and never within one; in manual time.</summary>
public sealed class ChunkProbeTests : IDisposable
{
    private const string Start = "HTTP/1.1 "; // what is sent ahead of an answer, byte by byte
    private const string Zeros = "000000"; // and of a chunk's size

    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Instant = TimeSpan.FromMilliseconds(1);

    private readonly PresenceRig _rig = new();
    private readonly FakeTimeProvider _time;
    private readonly AskedTransport _transport;
    private readonly ClientPresence _presence;

    public ChunkProbeTests()
    {
        _time = _rig.Time;
        _transport = _rig.Transport;
        _presence = _rig.Presence;
    }

    public void Dispose() => _rig.Dispose();

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
            _rig.Pass(TimeSpan.FromSeconds(2));
            AnswerProbe? probe = _presence.OnSending();
            Assert.Equal(Zeros[..(i == 0 ? 3 : 2)], _transport.Sent); // at 10, 510 and 1510 ms; behind a chunk at 500 and 1500
            Assert.Equal("4\r\n", await PresenceRig.TakeAsync(probe, "4\r\n"));
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
        _rig.Pass(TimeSpan.FromSeconds(2));
        Assert.Equal("", _transport.Sent);
    }

    [Fact]
    public void Half_that_closes_while_a_chunk_is_sent_is_asked_behind_it()
    {
        _presence.BeginRequest();
        SendHead(isChunked: true);
        Assert.Null(_presence.OnSending());
        _presence.OnHalfClosed();
        _rig.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal("", _transport.Sent);
        _presence.OnSent();
        _rig.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(Zeros[..2], _transport.Sent);
    }

    [Fact]
    public async Task Chunk_that_is_sent_just_when_the_probe_is_due_stays_whole()
    {
        _transport.Tells = true;
        using Barrier start = new(2);
        for (int i = 0; i < 3_000; i++)
        {
            using ClientPresence presence = _rig.Open();
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
            await _transport.SendAsync(Encoding.ASCII.GetBytes(await PresenceRig.TakeAsync(probe, "2\r\nok\r\n")));
            presence.OnSent();
            ticking.Join();
            _rig.Pass(TimeSpan.FromSeconds(1));
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
}
