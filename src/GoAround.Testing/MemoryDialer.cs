using System;
using System.Collections.Generic;
using System.IO;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core;

namespace GoAround.Testing;

/// <summary>
/// Opens streams in memory to test backends, which speak HTTP/1.1 over them. <see cref="TestBalancer"/> uses it where <see cref="TestSetup.Wire"/> says so; with your own
/// composition register it as <see cref="IBackendDialer"/>, and its clock as <see cref="TimeProvider"/>.
/// </summary>
/// <remarks>Health checks dial, too: a fault of the dial that was meant for a request may meet one.</remarks>
public sealed class MemoryDialer : IBackendDialer
{
    private readonly Dictionary<Backend, TestBackend> _backends = [];

    /// <summary>Makes a dialer.</summary>
    /// <param name="time">The clock of every delay.</param>
    /// <param name="backends">Whom it reaches, over http; every other address is refused.</param>
    /// <exception cref="ArgumentNullException">The clock, the backends or one of them is null.</exception>
    /// <exception cref="InvalidOperationException">A backend belongs to another clock.</exception>
    public MemoryDialer(ManualTime time, params TestBackend[] backends)
    {
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(backends);
        Time = time;
        foreach (TestBackend backend in backends)
        {
            Add(backend);
        }
    }

    /// <summary>The clock.</summary>
    public ManualTime Time { get; }

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
    public async ValueTask<Stream> DialAsync(Backend backend, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(backend);
        TestFault fault = _backends.TryGetValue(backend, out TestBackend? found) ? found.MeetDial(isCheck: false) : TestFault.Refused;
        if (found is null || fault == TestFault.Refused)
        {
            throw new SocketException((int)SocketError.ConnectionRefused);
        }

        if (fault == TestFault.Unreachable)
        {
            await new TaskCompletionSource().Task.WaitAsync(cancellationToken).ConfigureAwait(false); // until the dial is given up
        }

        MemoryPipe there = new(Time);
        MemoryPipe back = new(Time);
        MemoryServer server = new(found, there, back);
        Time.Enqueue(static server => ((MemoryServer)server!).Start(), server); // handed over here
        return new MemoryStreamEnd(back, there);
    }
}
