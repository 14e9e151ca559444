using System;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core;

namespace GoAround.TestBackend;

/// <summary>Counts the requests and answers them by their path; what starts with <c>/test/</c>, and <c>/health</c>, is not counted.</summary>
/// <remarks>
/// <c>/hold</c> is not answered until <c>/test/release</c> came; <c>/echo</c> sends the body back as it comes in; <c>/sink</c> answers with the body's
/// length and SHA-256; <c>/bytes?N</c> sends N bytes; any other path is answered with the name of the backend. Each <c>field=Name:value</c> of the query
/// becomes a field of the response.
/// </remarks>
internal sealed class BackendHandler(string name) : ProxyHandler
{
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private long _requests;
    private int _running;
    private int _mostAtOnce;

    public override async ValueTask<ProxyResponse> HandleAsync(ProxyRequest request, CancellationToken cancellationToken)
    {
        string target = Encoding.ASCII.GetString(request.Target.Span);
        switch (target)
        {
            case "/health":
                return ProxyResponse.FromText(200, "well\n");
            case "/test/stats":
                return Stats();
            case "/test/release":
                _released.TrySetResult();
                return ProxyResponse.FromText(200, "released\n");
        }

        Enter();
        try
        {
            ProxyResponse response = await AnswerAsync(target, request, cancellationToken);
            response.Fields.Add("X-Backend", name);
            response.Fields.Remove("Cache-Control"u8); // FromText makes answers of a proxy, which nobody may store
            AddFields(target, response);
            return response;
        }
        finally
        {
            // Before the first byte goes out: later, the next request could be here while this one still counted.
            Leave();
        }
    }

    private static async ValueTask<string> DigestAsync(MessageBody body, CancellationToken cancellationToken)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long length = 0;
        while (true)
        {
            ReadOnlyMemory<byte> piece = await body.ReadAsync(cancellationToken);
            if (piece.IsEmpty)
            {
                return $"{length} {Convert.ToHexStringLower(hash.GetHashAndReset())}\n";
            }

            length += piece.Length;
            hash.AppendData(piece.Span);
        }
    }

    private static void AddFields(string target, ProxyResponse response)
    {
        foreach (string pair in target[(target.IndexOf('?', StringComparison.Ordinal) + 1)..].Split('&'))
        {
            if (pair.StartsWith("field=", StringComparison.Ordinal))
            {
                string[] field = Uri.UnescapeDataString(pair["field=".Length..]).Split(':', 2);
                response.Fields.Add(field[0], field[1]);
            }
        }
    }

    private async ValueTask<ProxyResponse> AnswerAsync(string target, ProxyRequest request, CancellationToken cancellationToken)
    {
        if (target.StartsWith("/bytes?", StringComparison.Ordinal))
        {
            long count = long.Parse(target.AsSpan("/bytes?".Length), CultureInfo.InvariantCulture);
            return new ProxyResponse { ContentLength = count, Body = new CountedBody(count) };
        }

        switch (target)
        {
            case "/echo":
                return new ProxyResponse { ContentLength = request.Body.Length, Body = request.Body };
            case "/sink":
                return ProxyResponse.FromText(200, await DigestAsync(request.Body, cancellationToken));
            case "/hold":
                await _released.Task.WaitAsync(cancellationToken);
                break;
        }

        return ProxyResponse.FromText(200, $"{name} {request.Method} {target} for {request.Fields["X-Caller"] ?? "nobody"}\n");
    }

    private ProxyResponse Stats()
    {
        lock (_gate)
        {
            return ProxyResponse.FromText(200, $"{_requests} {_running} {_mostAtOnce}\n");
        }
    }

    private void Enter()
    {
        lock (_gate)
        {
            _requests++;
            _running++;
            _mostAtOnce = Math.Max(_mostAtOnce, _running);
        }
    }

    private void Leave()
    {
        lock (_gate)
        {
            _running--;
        }
    }
}
