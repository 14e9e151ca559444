using System.IO;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core;
using GoAround.Core.Hosting;
using NSubstitute;
using Xunit;

namespace GoAround.Testing.Tests.Mocks;

/// <summary>The balancer over a mocked <see cref="IBackendDialer"/>: which connections it asks for, and what it makes of one that cannot be had.</summary>
#pragma warning disable CA2012 // NSubstitute names a call by making it
public sealed class BalancerOverMockedDialerTests
{
    [Fact]
    public async Task Backend_that_cannot_be_dialled_is_passed_over_and_a_connection_that_is_there_is_used_again()
    {
        TestBackend a = new("http://a");
        TestBackend b = new("http://b");
        ManualTime time = new();
        MemoryDialer memory = new(time, b);
        IBackendDialer dialer = Substitute.For<IBackendDialer>();
        dialer.DialAsync(a.Backend, Arg.Any<CancellationToken>()).Returns(_ => ValueTask.FromException<Stream>(new SocketException((int)SocketError.ConnectionRefused)));
        dialer.DialAsync(b.Backend, Arg.Any<CancellationToken>()).Returns(call => memory.DialAsync(b.Backend, call.Arg<CancellationToken>()));
        TestSetup setup = new(a, b) { Time = time, Wire = TestWire.Bytes, Parts = new BalancerParts { Dialer = dialer, HealthMonitor = new ManualHealth(time) } };
        await using TestBalancer balancer = await TestBalancer.StartAsync(setup);

        Assert.Equal(200, (await balancer.SendAsync("POST", "/1")).StatusCode); // one of both was to go to a
        Assert.Equal(200, (await balancer.SendAsync("POST", "/2")).StatusCode);
        Assert.Equal(2, b.Requests.Count);
        await dialer.Received().DialAsync(a.Backend, Arg.Any<CancellationToken>());
        await dialer.Received(1).DialAsync(b.Backend, Arg.Any<CancellationToken>());
    }
}
#pragma warning restore CA2012
