using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Core.Tests.Wire;

/// <summary>A dialer that is a function.</summary>
internal sealed class ScriptedDialer(Func<Backend, CancellationToken, ValueTask<Stream>> dial) : IBackendDialer
{
    private int _dialled;

    /// <summary>How often it was asked.</summary>
    public int Dialled => Volatile.Read(ref _dialled);

    public ValueTask<Stream> DialAsync(Backend backend, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _dialled);
        return dial(backend, cancellationToken);
    }
}
