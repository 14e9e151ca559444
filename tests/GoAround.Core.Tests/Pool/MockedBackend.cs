using System;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using NSubstitute;

namespace GoAround.Core.Tests.Pool;

/// <summary>One backend made of mocks: its health, which a test sets, and a connection for each of its slots.</summary>
internal sealed class MockedBackend
{
    private readonly Channel<HealthReport> _changes = Channel.CreateUnbounded<HealthReport>(new() { AllowSynchronousContinuations = true });

    public MockedBackend(string address, IHealthMonitor monitor, IConnectionFactory factory)
    {
        Backend = Backend.Parse(address);
        Health.Changes.Returns(_changes);
#pragma warning disable CA2012 // NSubstitute names a call by making it
        Health.DisposeAsync().Returns(_ =>
        {
            _changes.Writer.TryComplete();
            return ValueTask.CompletedTask;
        });
#pragma warning restore CA2012
        monitor.Subscribe(Backend).Returns(Health);
        factory.Create(Backend, Health).Returns(_ => Connect());
        Answer(200);
    }

    public Backend Backend { get; }

    public IHealthSubscription Health { get; } = Substitute.For<IHealthSubscription>();

    /// <summary>Every connection the pool asked for goes by this one: what it is told to do, they all do.</summary>
    public IConnection Connection { get; } = Substitute.For<IConnection>();

    /// <summary>A check has found it so: first the state, then the change, as the contract asks.</summary>
    public void Turn(HealthState state, string reason = "mocked")
    {
        Health.State.Returns(state);
        _changes.Writer.TryWrite(new HealthReport(state, reason));
    }

    public void Answer(int statusCode)
    {
#pragma warning disable CA2012 // NSubstitute names a call by making it
        Connection.SendAsync(default!, default).ReturnsForAnyArgs(_ => new ValueTask<ProxyResponse>(new ProxyResponse { StatusCode = statusCode }));
    }

    public void Fail(BackendFailureStage stage, Exception? cause = null) => Connection.SendAsync(default!, default)
        .ReturnsForAnyArgs(_ => ValueTask.FromException<ProxyResponse>(new BackendException(stage, BackendFailureKind.Disconnected, "mocked", cause)));
#pragma warning restore CA2012

    private IConnection Connect()
    {
        IConnection connection = Substitute.For<IConnection>();
        connection.Backend.Returns(Backend);
        connection.IsHealthy.Returns(_ => Health.State == HealthState.Healthy);
#pragma warning disable CA2012
        connection.SendAsync(default!, default).ReturnsForAnyArgs(call => Connection.SendAsync(call.Arg<ProxyRequest>(), call.Arg<CancellationToken>()));
#pragma warning restore CA2012
        return connection;
    }
}
