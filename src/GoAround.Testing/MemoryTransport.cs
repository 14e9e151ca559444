using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core;
using GoAround.Core.Upstream;

namespace GoAround.Testing;

/// <summary>
/// Carries requests to test backends in memory, message by message: no bytes, no codec. <see cref="TestBalancer"/> uses it; with your own composition register it as
/// <see cref="IConnectionFactory"/> and <see cref="IBackendClient"/>, and its clock as <see cref="TimeProvider"/>.
/// </summary>
public sealed class MemoryTransport : IConnectionFactory, IBackendClient
{
    private readonly Dictionary<Backend, TestBackend> _backends = [];

    /// <summary>Makes a transport.</summary>
    /// <param name="time">The clock of every delay.</param>
    /// <param name="options">Its deadlines end what a backend leaves hanging, as they would over sockets.</param>
    /// <param name="backends">Whom it reaches; every other address is refused.</param>
    /// <exception cref="ArgumentNullException">The clock, the options, the backends or one of them is null.</exception>
    /// <exception cref="InvalidOperationException">A backend belongs to another clock.</exception>
    public MemoryTransport(ManualTime time, UpstreamOptions options, params TestBackend[] backends)
    {
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(backends);
        Time = time;
        Options = options;
        foreach (TestBackend backend in backends)
        {
            Add(backend);
        }
    }

    /// <summary>The clock.</summary>
    public ManualTime Time { get; }

    /// <summary>Its deadlines.</summary>
    internal UpstreamOptions Options { get; }

    /// <summary>Reaches one more; the latest of an address counts.</summary>
    /// <param name="backend">One that belongs to no other clock.</param>
    /// <exception cref="ArgumentNullException">There is no backend.</exception>
    /// <exception cref="InvalidOperationException">It belongs to another clock.</exception>
    public void Add(TestBackend backend)
    {
        ArgumentNullException.ThrowIfNull(backend);
        backend.Join(Time);
        _backends[backend.Backend] = backend;
    }

    /// <inheritdoc/>
    public IConnection Create(Backend backend, IHealthSubscription health) => new MemoryConnection(this, backend, health);

    /// <summary>Does nothing: there are no sockets.</summary>
    /// <param name="backend">Any.</param>
    public void Retire(Backend backend)
    {
    }

    /// <summary>None: there are no sockets.</summary>
    /// <param name="backend">Any.</param>
    public SocketCount CountSockets(Backend backend) => default;

    /// <inheritdoc/>
    public ValueTask<ProxyResponse> SendAsync(Backend backend, ProxyRequest request, CancellationToken cancellationToken) =>
        SendAsync(backend, request, isCheck: true, cancellationToken);

    /// <summary>Carries one request.</summary>
    internal async ValueTask<ProxyResponse> SendAsync(Backend address, ProxyRequest request, bool isCheck, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(request);
        cancellationToken.ThrowIfCancellationRequested();
        if (!_backends.TryGetValue(address, out TestBackend? backend))
        {
            throw MemoryFaults.Refused(address);
        }

        switch (backend.MeetDial(isCheck))
        {
            case TestFault.Refused:
                throw MemoryFaults.Refused(address);
            case TestFault.Unreachable:
                await Pass(backend, Options.DialTimeout, BackendFailureStage.Dial, cancellationToken).ConfigureAwait(false);
                throw MemoryFaults.TimedOut(address, BackendFailureStage.Dial);
        }

        MemoryExchange exchange = new(backend, Options, isCheck);
        try
        {
            return await exchange.RunAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            exchange.End();
            throw;
        }
    }

    /// <summary>Lets time pass, or throws what cuts it short.</summary>
    internal static async ValueTask Pass(TestBackend backend, TimeSpan time, BackendFailureStage stage, CancellationToken cancellationToken)
    {
        switch (await backend.Life.WaitAsync(time, cancellationToken).ConfigureAwait(false))
        {
            case WaitEnd.Died:
                throw MemoryFaults.Reset(backend.Backend, stage);
            case WaitEnd.Cancelled:
                throw new OperationCanceledException(cancellationToken);
        }
    }
}
