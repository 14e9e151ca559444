using System;
using System.Collections.Concurrent;
using System.IO;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Core.Tests.Wire;

/// <summary>A backend in this process that is reached without a socket: every connection is a pair of pipes.</summary>
/// <param name="script">Runs on the backend's end of each connection, which closes when it ends.</param>
/// <param name="certificate">It speaks TLS with this; null: it does not.</param>
internal sealed class MemoryBackend(Func<Stream, Task> script, X509Certificate2? certificate = null) : IBackendDialer
{
    /// <summary>The balancer's ends of all connections.</summary>
    public ConcurrentQueue<PairedStream> Dialled { get; } = new();

    /// <summary>A backend that answers every request without a body with these bytes.</summary>
    public static MemoryBackend Answering(string response, X509Certificate2? certificate = null) => new(
        async stream =>
        {
            while (await ReadHeadAsync(stream) is not null)
            {
                await stream.WriteAsync(System.Text.Encoding.Latin1.GetBytes(response));
            }
        },
        certificate);

    /// <summary>Reads up to an empty line; null where the end came before anything.</summary>
    public static async Task<string?> ReadHeadAsync(Stream stream)
    {
        System.Text.StringBuilder head = new();
        byte[] one = new byte[1];
        while (await stream.ReadAsync(one) == 1)
        {
            head.Append((char)one[0]);
            if (one[0] == '\n' && head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            {
                return head.ToString();
            }
        }

        return head.Length == 0 ? null : throw new EndOfStreamException($"the end came after '{head}'");
    }

    public ValueTask<Stream> DialAsync(Backend backend, CancellationToken cancellationToken)
    {
        (PairedStream near, PairedStream far) = PairedStream.Open();
        Dialled.Enqueue(near);
        _ = RunAsync(far);
        return new(near);
    }

    private async Task RunAsync(PairedStream far)
    {
        try
        {
            Stream stream = far;
            if (certificate is not null)
            {
                SslStream tls = new(far);
                await tls.AuthenticateAsServerAsync(certificate);
                stream = tls;
            }

            await script(stream);
            if (stream is SslStream ending)
            {
                await ending.ShutdownAsync();
            }
        }
        catch (Exception error) when (error is IOException or InvalidOperationException)
        {
            // The balancer closed its end.
        }
        finally
        {
            await far.DisposeAsync();
        }
    }
}
