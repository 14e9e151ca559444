using System;
using System.Buffers;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core;

namespace GoAround.Testing;

/// <summary>What a server does with a request, as far as a test cares: calls the steps, reads the answer to its end, gives it back.</summary>
internal static class TestClient
{
    /// <summary>Asks, and never throws; where it is held, gives the answer back only when that ends.</summary>
    public static async Task<TestAnswer> AskAsync(
        ProxyHandler handler, ManualTime time, ProxyRequest request, CancellationToken cancellationToken, HeldRequest? held = null)
    {
        TimeSpan at = time.Elapsed;
        ArrayBufferWriter<byte> body = new();
        ProxyResponse? response = null;
        TestAnswer? answer = null;
        int statusCode = 500;
        bool isCut = false;
        Exception? fault = null;
        try
        {
            response = await handler.HandleAsync(request, cancellationToken).ConfigureAwait(false);
            statusCode = response.StatusCode;
            await ReadAsync(response.Body, body, cancellationToken).ConfigureAwait(false);
        }
        catch (BackendException) when (response is not null)
        {
            isCut = true;
        }
        catch (ClientException refusal)
        {
            statusCode = refusal.StatusCode;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            statusCode = 499;
        }
#pragma warning disable CA1031 // a step may be anybody's: its bug is part of the answer, as a server makes it a 500
        catch (Exception thrown)
#pragma warning restore CA1031
        {
            statusCode = 500;
            fault = thrown;
        }

        answer = new TestAnswer
        {
            At = at,
            Took = time.Elapsed - at,
            StatusCode = statusCode,
            Body = body.WrittenMemory,
            Backend = response?.Backend,
            Attempts = response?.Attempts ?? 0,
            Error = response?.Error ?? ProxyError.None,
            IsCut = isCut,
            Fault = fault,
        };
        if (response is not null)
        {
            response.Fields.CopyTo(answer.Fields);
        }

        if (held is not null)
        {
            await held.KeepAsync(answer, isOpen: response is not null).ConfigureAwait(false);
        }

        if (response is not null)
        {
            await response.DisposeAsync().ConfigureAwait(false);
        }

        return answer;
    }

    private static async ValueTask ReadAsync(MessageBody body, ArrayBufferWriter<byte> read, CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadOnlyMemory<byte> piece = await body.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (piece.IsEmpty)
            {
                return;
            }

            read.Write(piece.Span);
        }
    }
}
