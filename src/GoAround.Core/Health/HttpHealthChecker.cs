using System;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Core.Health;

/// <summary>Asks a backend with <c>GET /health</c>, outside the pool and its caps.</summary>
internal sealed class HttpHealthChecker(IBackendClient client, HealthOptions options) : IHealthChecker
{
    private const int MaxBodyBytes = 64 * 1024;

    private static readonly string UserAgent = "goaround-health/" + (typeof(HttpHealthChecker).Assembly.GetName().Version?.ToString(3) ?? "0");

    /// <inheritdoc/>
    public async ValueTask<HealthReport> CheckAsync(Backend backend, CancellationToken cancellationToken)
    {
        ProxyRequest request = new("GET", options.Path) { Authority = backend.AuthorityBytes };
        request.Fields.Add("User-Agent", UserAgent);
        request.Fields.Add("Accept", "application/json");
        try
        {
            ProxyResponse response = await client.SendAsync(backend, request, cancellationToken).ConfigureAwait(false);
            await using (response.ConfigureAwait(false))
            {
                byte[] body = await ReadBodyAsync(response.Body, cancellationToken).ConfigureAwait(false);
                return HealthRule.Judge(response.StatusCode, body);
            }
        }
        catch (BackendException failure) when (!failure.IsOwnLack) // else the watch knows what was the case before
        {
            return new HealthReport(HealthState.Unhealthy, failure.Message);
        }
    }

    // Nothing where the body is no JSON or longer than a health report has reason to be: the socket is closed with the rest unread.
    private static async ValueTask<byte[]> ReadBodyAsync(MessageBody body, CancellationToken cancellationToken)
    {
        byte[] read = [];
        while (true)
        {
            ReadOnlyMemory<byte> piece = await body.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (piece.IsEmpty)
            {
                return read;
            }

            if (read.Length + piece.Length > MaxBodyBytes || (read.Length == 0 && !HealthRule.LooksLikeJson(piece.Span)))
            {
                return [];
            }

            read = [.. read, .. piece.Span];
        }
    }
}
