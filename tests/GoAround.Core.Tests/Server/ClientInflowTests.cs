using System;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;
using GoAround.Core.Server;
using GoAround.Core.Sockets;
using GoAround.Core.Tests.Async;
using GoAround.Core.Tests.Sockets;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace GoAround.Core.Tests.Server;

public sealed class ClientInflowTests : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(60);

    private readonly TimeOfOneThread _time = new();
    private readonly DeadlineClock _clock;
    private readonly ScriptedTransport _transport = new();
    private readonly ClientInflow _inflow;

    public ClientInflowTests()
    {
        _clock = new DeadlineClock(_time);
        _inflow = Open();
    }

    public void Dispose()
    {
        _transport.Dispose();
        _inflow.Dispose();
        _clock.Dispose();
    }

    [Fact]
    public void Tunnel_that_is_limited_while_the_backend_takes_nothing_has_no_pause_of_the_client()
    {
        _inflow.OpenTunnel();
        _inflow.LimitTunnel();
        _time.Advance(Pause * 2);
        Assert.False(_inflow.HasTimedOut);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Client_of_a_limited_tunnel_is_waited_for_no_longer_than_the_pause(bool isLimitedBefore)
    {
        _inflow.OpenTunnel();
        if (isLimitedBefore)
        {
            _inflow.LimitTunnel();
        }

        ValueTask<Transfer> waiting = _inflow.FillTunnelAsync(0, CancellationToken.None);
        if (!isLimitedBefore)
        {
            _inflow.LimitTunnel();
        }

        Assert.Equal(Transfer.GivenUp, await Until.EndedAsync(waiting.AsTask(), _time));
        Assert.True(_inflow.HasTimedOut);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Client_is_looked_out_for_once_its_upload_is_over_and_its_answer_has_begun(bool isAnsweredFirst)
    {
        _inflow.BeginRequest(hasBody: true);
        _inflow.BeginReading();
        if (isAnsweredFirst)
        {
            _inflow.OnSending();
            _inflow.OnSent();
        }

        _inflow.EndUpload();
        if (!isAnsweredFirst)
        {
            _inflow.OnSending();
            _inflow.OnSent();
        }

        _transport.HasPeerClosed = true;
        _time.Advance(Pause); // the look, and the grace
        _time.Advance(Pause);
        await Until.TrueAsync(() => _inflow.Left.IsCancellationRequested, "nobody looks out for the client");
    }

    [Fact]
    public void Upload_that_is_over_is_read_again_for_another_backend()
    {
        _inflow.BeginRequest(hasBody: true);
        _inflow.BeginReading();
        _inflow.EndUpload();
        _inflow.EndReading();
        _inflow.BeginReading();
        _inflow.OnSending();
        _inflow.OnSent();
        _transport.HasPeerClosed = true;
        _time.Advance(Pause);
        _time.Advance(Pause);
        Assert.False(_inflow.HasTimedOut);
    }

    /// <summary>One tick finds two deadlines passed, and calls first the one that was made first: between the passing of the other and its call, the client closes its half.</summary>
    [Fact]
    public async Task Client_that_closes_its_half_just_when_its_body_is_too_late_keeps_its_answer()
    {
        using Deadline first = new(_clock, static transport => ((ScriptedTransport)transport).Arrive(""), _transport);
        using ClientInflow inflow = Open();
        inflow.BeginRequest(hasBody: true);
        inflow.BeginBody(mayHoldBack: false);
        inflow.BeginReading();
        inflow.OnSending();
        inflow.OnSent();
        Task<Exception> failing = ReadInVainAsync(inflow);
        first.Set(Pause);
        _transport.Tells = true;
        _transport.HasPeerClosed = true;
        _time.Advance(Pause + TimeSpan.FromSeconds(1));
        Assert.Equal(408, Assert.IsType<ClientException>(await failing).StatusCode);
        Assert.False(inflow.Left.IsCancellationRequested);
        _time.Advance(Pause);
        Assert.True(inflow.Left.IsCancellationRequested); // it has taken nothing for the grace
    }

    /// <summary>As one who sends the body on does.</summary>
    private static async Task<Exception> ReadInVainAsync(ClientInflow inflow)
    {
        Exception fault = inflow.FailBody(await inflow.FillBodyAsync(0, default).ConfigureAwait(false), default);
        inflow.EndUpload();
        return fault;
    }

    private ClientInflow Open()
    {
        ServerOptions options = new() { BodyTimeout = Pause, MinBodyRate = 0 };
        ServerContext server = new(options, new ScriptedHandler((_, _) => throw new NotSupportedException()), ProxyEvents.None, _time, _clock, NullLogger.Instance);
        return new ClientInflow(server, _transport, null);
    }
}
