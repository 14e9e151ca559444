using System.Threading.Tasks;
using GoAround.Core.Async;
using GoAround.Core.Server;
using GoAround.Core.Sockets;
using GoAround.Core.Tests.Sockets;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NSubstitute;
using Xunit;

namespace GoAround.Core.Tests.Server;

public sealed class LingeringTests
{
    /// <summary>What went out last did so because a deadline had passed, of the request's body or of the client's grace; the calls of both may come from the pool when it is sent already.</summary>
    [Fact]
    public async Task Late_calls_of_the_deadlines_of_the_request_do_not_end_it()
    {
        FakeTimeProvider time = new();
        using DeadlineClock clock = new(time);
        ServerContext server = new(new ServerOptions(), Substitute.For<ProxyHandler>(), ProxyEvents.None, time, clock, NullLogger.Instance);
        using ScriptedTransport wire = new();
        using Inbox inbox = new(wire, 4096, static (_, _) => { }, this);
        Task lingering = Lingering.ReadAsync(server, inbox).AsTask();
        inbox.GiveUp();
        inbox.GiveUp();
        Assert.False(lingering.IsCompleted);
        wire.Arrive("the rest of what was refused");
        Assert.True(inbox.IsEmpty);
        Assert.False(lingering.IsCompleted);
        inbox.GiveUp(); // whoever cuts the connection
        await lingering.WaitAsync(WireEnd.Patience);
    }
}
