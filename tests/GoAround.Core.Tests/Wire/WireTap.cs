using System;
using System.Collections.Generic;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Core.Tests.Wire;

/// <summary>A socket's stream that keeps what was received: under TLS, the records.</summary>
internal sealed class WireTap : NetworkStream
{
    private WireTap(Socket socket)
        : base(socket, ownsSocket: true)
    {
    }

    public List<byte> Received { get; } = [];

    public static WireTap Over(Socket socket) => new(socket);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count = await base.ReadAsync(buffer, cancellationToken);
        Received.AddRange(buffer.Span[..count]);
        return count;
    }
}
