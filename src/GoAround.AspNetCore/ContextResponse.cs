using System;
using System.Buffers;
using System.IO;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core;
using GoAround.Core.Async;
using GoAround.Core.Http;
using GoAround.Core.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace GoAround.AspNetCore;

/// <summary>Sends the answer to one request by what ASP.NET Core has for it; used again from request to request.</summary>
internal sealed class ContextResponse
{
    private const int CollectLimitBytes = 16 * 1024;

    private readonly ResponseFields _fields;
    private State _state;

    /// <param name="fields">Of the mount.</param>
    public ContextResponse(ResponseFields fields) => _fields = fields;

    /// <summary>Bytes of the final response were handed to the server.</summary>
    public bool HasBegun => _state.HasBegun || _state.Context.Response.HasStarted;

    /// <summary>The response was sent to its end.</summary>
    public bool IsWhole => _state.IsWhole;

    /// <summary>The status that counts for this request.</summary>
    public int StatusCode => _state.StatusCode;

    /// <summary>Starts over for the next request; null: there is none for now.</summary>
    public void Begin(HttpContext? context)
    {
        _state = default;
        _state.Context = context!; // nothing is sent while there is no request
        _state.Left = context?.RequestAborted ?? default;
        _state.StatusCode = RequestTally.ClientClosedRequest;
    }

    /// <summary>Forgets what was set of a head, where nothing was sent.</summary>
    public void Clear()
    {
        _state.Context.Response.Clear();
        _state.StatusCode = RequestTally.ClientClosedRequest;
    }

    /// <summary>Cuts the response, so that it cannot look complete.</summary>
    public void Cut()
    {
        _state.IsWhole = false;
        _state.Context.Abort();
    }

    /// <summary>Ends a tunnel that was silent for too long, which is nobody's fault.</summary>
    public void EndTunnel()
    {
        _state.IsWhole = true;
        _state.Context.Abort();
    }

    /// <summary>Sends a response to its end, or until the client is gone.</summary>
    /// <exception cref="UnsendableFieldException">Nothing was sent: the server would not take one of its fields.</exception>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    public async ValueTask SendAsync(ProxyResponse response, bool isHead, ProtocolVersion version)
    {
        ResponsePlan plan = ResponsePlan.Make(response, isHead, version, mayKeepAlive: true);
        bool isReset = response.StatusCode == StatusCodes.Status205ResetContent; // no content, says RFC 9110 §15.3.6, and Kestrel takes none
        bool hasBody = plan.Framing != BodyFraming.None && !isReset;
        _fields.Write(_state.Context, response, isReset ? 0 : plan.ContentLength);
        if (hasBody && !await SendBodyAsync(response.Body, plan).ConfigureAwait(false))
        {
            Cut(); // it may be a middleware that gives up, and the client be there
            return;
        }

        OnSending();
        await _state.Context.Response.CompleteAsync().ConfigureAwait(false);
        _state.IsWhole = !_state.Left.IsCancellationRequested;
    }

    /// <summary>Tells the client of the upgrade that its backend agreed to, and passes bytes on until the backend has sent its last.</summary>
    /// <param name="response">The backend's word, and its bytes.</param>
    /// <param name="request">The client's.</param>
    /// <param name="timeout">A client that takes nothing for so long is closed.</param>
    /// <param name="time">What that is timed by.</param>
    /// <exception cref="UnsendableFieldException">Nothing was sent: the server would not take one of its fields.</exception>
    /// <exception cref="InvalidOperationException">Nothing was sent: the server takes no more upgraded connections.</exception>
    public async ValueTask TunnelAsync(ProxyResponse response, ContextRequest request, TimeSpan timeout, TimeProvider time)
    {
        try
        {
            Stream stream = await AcceptAsync(response, request.WebSocketKey).ConfigureAwait(false);
            request.Tunnel?.Accept(stream);
            bool isTaken = true;
            while (isTaken && await response.Body.ReadAsync(_state.Left).ConfigureAwait(false) is { IsEmpty: false } piece)
            {
                ValueTask writing = stream.WriteAsync(piece, _state.Left);
                if (writing.IsCompleted)
                {
                    await writing.ConfigureAwait(false);
                }
                else
                {
                    isTaken = await WriteAsync(writing, timeout, time).ConfigureAwait(false);
                }
            }

            _state.IsWhole = true;
        }
        finally
        {
            request.Tunnel?.End(); // the server cannot close one half only
        }
    }

    /// <summary>Waits for a client that does not take its bytes at once; false: for too long, so it was closed. The server has no limit for that.</summary>
    private async ValueTask<bool> WriteAsync(ValueTask writing, TimeSpan timeout, TimeProvider time)
    {
        Task written = writing.AsTask();
        try
        {
            await written.WaitAsync(timeout, time).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            if (written.IsCompleted)
            {
                await written.ConfigureAwait(false); // in the very moment in which its time ran out, or it is the server's own that it threw
                return true;
            }

            EndTunnel();
            await written.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // the piece is lent until then
            return false;
        }
    }

    private async ValueTask<Stream> AcceptAsync(ProxyResponse response, string? webSocketKey)
    {
        IFeatureCollection features = _state.Context.Features;
        if (webSocketKey is null)
        {
            _fields.Write(_state.Context, response, null);
            Stream upgraded = await features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync().ConfigureAwait(false);
            OnSending();
            return upgraded;
        }

        if (response.Fields["Sec-WebSocket-Accept"] != WebSocketKey.Answer(webSocketKey))
        {
            throw new BackendException(BackendFailureStage.ResponseHead, BackendFailureKind.Malformed, "the backend answered a WebSocket's key with another one's");
        }

        response.Fields.Remove("Sec-WebSocket-Accept"u8); // of the handshake of HTTP/1.1 only
        _fields.Write(_state.Context, response, null);
        _state.Context.Response.StatusCode = StatusCodes.Status200OK; // RFC 8441 §5
        Stream accepted = await features.GetRequiredFeature<IHttpExtendedConnectFeature>().AcceptAsync().ConfigureAwait(false);
        OnSending();
        return accepted;
    }

    /// <summary>Sends a body; false: the client is gone.</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<bool> SendBodyAsync(MessageBody body, ResponsePlan plan)
    {
        PipeWriter writer = _state.Context.Response.BodyWriter;
        bool hasLength = plan.Framing == BodyFraming.Length;
        long left = hasLength ? body.Length.GetValueOrDefault() : long.MaxValue;
        long unsent = 0;
        bool hasHead = false;
        while (left > 0)
        {
#pragma warning disable CA2012 // consumed once: what flushes meanwhile does it only where nothing more is sent
            ValueTask<ReadOnlyMemory<byte>> read = body.ReadAsync(_state.Left);
#pragma warning restore CA2012
            bool isAtHand = read.IsCompleted;
            if (unsent >= CollectLimitBytes || (!isAtHand && (unsent > 0 || !hasHead)))
            {
                hasHead = true;
                unsent = 0;
                if (!await FlushWhileReadingAsync(writer, read).ConfigureAwait(false))
                {
                    return false;
                }
            }

            ReadOnlyMemory<byte> piece = await read.ConfigureAwait(false);
            if (piece.IsEmpty)
            {
                break;
            }

            if (hasLength)
            {
                piece = piece[..(int)Math.Min(piece.Length, left)]; // no more than was announced
                left -= piece.Length;
            }

            OnSending();
            writer.Write(piece.Span); // a copy: the piece is lent until the next read
            unsent += piece.Length;
        }

        if (hasLength && left > 0)
        {
            throw new InvalidOperationException("The body of a response ended before its length was reached.");
        }

        _fields.WriteTrailers(_state.Context, body.Trailers);

        return unsent == 0 || !MustFlush(plan, hasLength) || await FlushAsync(writer).ConfigureAwait(false);
    }

    /// <summary>
    /// The completion takes along what was not flushed, but for three. Of HTTP/1.1: behind a head that has gone out, with nothing to write behind it. Of HTTP/3: Kestrel loses it (10.0: "the streams output ended
    /// with data still remaining in the pipe", and the answer ends as if it were whole). Behind a middleware that has put itself around the body: that of HttpLogging (10.0) completes the server's response and not what it holds itself.
    /// </summary>
    private bool MustFlush(ResponsePlan plan, bool hasLength) =>
        plan.Version == ProtocolVersion.Http3 || (hasLength && plan.Version <= ProtocolVersion.Http11 && _state.Context.Response.HasStarted) || !IsServersOwn(_state.Context.Features);

    // A server is one object, which is all its features.
    private static bool IsServersOwn(IFeatureCollection features) => ReferenceEquals(features.Get<IHttpResponseBodyFeature>(), features.Get<IHttpResponseFeature>());

    /// <summary>Sends what was written, the head first of all; waits so long as the client takes no more. False: it is gone.</summary>
    private ValueTask<bool> FlushAsync(PipeWriter writer)
    {
        OnSending();
        ValueTask<FlushResult> flushing = writer.FlushAsync(CancellationToken.None); // it ends when the connection does
        return flushing.IsCompletedSuccessfully ? new(IsTaken(flushing.Result)) : FlushedAsync(flushing);
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<bool> FlushedAsync(ValueTask<FlushResult> flushing) => IsTaken(await flushing.ConfigureAwait(false));

    /// <summary>As <see cref="FlushAsync"/>; where nothing more is sent the read has ended when this has, for the body is let go of then.</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<bool> FlushWhileReadingAsync(PipeWriter writer, ValueTask<ReadOnlyMemory<byte>> read)
    {
        bool isTaken;
        try
        {
            isTaken = await FlushAsync(writer).ConfigureAwait(false);
        }
        catch
        {
            Cut();
            Task abandoned = read.AsTask();
            await abandoned.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw; // what a callback of the application's threw, and not what became of the read for its sake
        }

        if (!isTaken)
        {
            Cut();
            await AbandonAsync(read).ConfigureAwait(false);
        }

        return isTaken;
    }

    private bool IsTaken(FlushResult result) => !result.IsCompleted && !result.IsCanceled && !_state.Left.IsCancellationRequested;

    private void OnSending()
    {
        _state.HasBegun = true;
        _state.StatusCode = _state.Context.Response.StatusCode;
    }

    /// <summary>Lets a read of the body that nobody needs any more come to its end; the client's leaving, or the cut, has cut it short.</summary>
    private static async ValueTask AbandonAsync(ValueTask<ReadOnlyMemory<byte>> read)
    {
        try
        {
            await read.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // As was meant.
        }
        catch (BackendException)
        {
            // Both sides left.
        }
    }

    private struct State
    {
        public HttpContext Context;
        public CancellationToken Left;
        public bool HasBegun;
        public bool IsWhole;
        public int StatusCode;
    }
}
