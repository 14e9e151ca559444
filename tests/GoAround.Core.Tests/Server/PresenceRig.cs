using System;
using System.Net.Sockets;
using System.Text;
using System.Threading.Tasks;
using GoAround.Core.Async;
using GoAround.Core.Server;
using GoAround.Core.Sockets;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Core.Tests.Server;

/// <summary>The presence of a client over a transport of the test's, in manual time.</summary>
internal sealed class PresenceRig : IDisposable
{
    private readonly DeadlineClock _clock;

    public PresenceRig()
    {
        _clock = new DeadlineClock(Time);
        Server = new(
            new ServerOptions(), new ScriptedHandler((_, _) => throw new NotSupportedException()), ProxyEvents.None, Time, _clock, NullLogger.Instance);
        Presence = Open();
    }

    public FakeTimeProvider Time { get; } = new();

    public AskedTransport Transport { get; } = new();

    public ServerContext Server { get; }

    public ClientPresence Presence { get; }

    /// <summary>Another one over the same transport.</summary>
    public ClientPresence Open() => new(Server, Transport, null, static _ => { }, this);

    /// <summary>What is left to be sent of something that a probe may have begun.</summary>
    public static async Task<string> TakeAsync(AnswerProbe? probe, string next)
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
    public void Pass(TimeSpan time)
    {
        TimeSpan step = TimeSpan.FromMilliseconds(10);
        for (TimeSpan passed = default; passed < time; passed += step)
        {
            Time.Advance(step);
        }
    }

    public void Dispose()
    {
        Presence.Dispose();
        Transport.Dispose();
        _clock.Dispose();
    }
}
