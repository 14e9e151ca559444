using System;
using System.Buffers;
using System.Collections.Generic;
using System.IO;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core;
using GoAround.Core.Async;
using GoAround.Core.Http;
using GoAround.Core.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace GoAround.AspNetCore;

/// <summary>The body of a request, read from its pipe and lent as it lies there; used again from request to request.</summary>
internal sealed class ContextBody : MessageBody
{
    private const int GatherBytes = 64 * 1024;

    /// <summary>A client that expects 100 (Continue) sends its body without it after about so long (curl, .NET), and the server cannot see that it does: then it is read, wanted or not.</summary>
    private static readonly TimeSpan ContinueGrace = TimeSpan.FromSeconds(1);

    private readonly FieldList _trailers = new();
    private ReplayBuffer _replay;
    private State _state;

    /// <inheritdoc/>
    public override long? Length => _state.Length;

    /// <inheritdoc/>
    public override FieldList? Trailers => _state.KeepsTrailers ? _trailers : null;

    /// <summary>A read found that the client is gone.</summary>
    public bool HasLeft => _state.HasLeft;

    /// <summary>Starts over for the next request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="length">Bytes, or null where only the end tells.</param>
    /// <param name="keepsTrailers">What is sent behind the content may be passed on.</param>
    /// <param name="replayBytes">So many are kept so that the body can be sent once more.</param>
    /// <param name="expectsContinue">The client waits for 100 (Continue), which the server sends when the first read is made.</param>
    /// <param name="time">The clock of that wait.</param>
    public void Begin(HttpContext context, long? length, bool keepsTrailers, int replayBytes, bool expectsContinue, TimeProvider time)
    {
        _state = default;
        _state.Context = context;
        _state.Reader = context.Request.BodyReader;
        _state.Length = length;
        _state.KeepsTrailers = keepsTrailers && length is null;
        _state.Time = time;
        _state.Continue = expectsContinue ? new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously) : null;
        _replay.Begin(length > replayBytes ? 0 : replayBytes);
        _trailers.Clear();
    }

    /// <summary>The backend has asked for the body.</summary>
    public void Continue() => _state.Continue?.TrySetResult();

    /// <summary>Gives back what is lent, and forgets the body. Nobody reads it any more.</summary>
    public void End()
    {
        if (_state.IsLent)
        {
            try
            {
                _state.Reader.AdvanceTo(_state.LentTo);
            }
            catch (Exception fault) when (IsOfClient(fault))
            {
                // It was aborted: the server takes nothing back, and needs nothing.
            }
        }

        if (_state.Gathered is not null)
        {
            ArrayPool<byte>.Shared.Return(_state.Gathered);
        }

        _replay.Return();
        _state = default;
    }

    /// <inheritdoc/>
    public override ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
    {
        if (_replay.TryLend(out ReadOnlyMemory<byte> again))
        {
            return new(again);
        }

        if (_state.HasEnded)
        {
            return default;
        }

        if (_state.Continue is null)
        {
            GiveBack();
            if (TryReadNow(out ReadResult result) && TryLend(in result, out ReadOnlyMemory<byte> piece))
            {
                return new(piece);
            }
        }

        return WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override bool TryRewind() => _replay.TryRewind();

    private bool TryReadNow(out ReadResult result)
    {
        try
        {
            return _state.Reader.TryRead(out result);
        }
        catch (Exception fault) when (IsOfClient(fault))
        {
            throw Translate(fault);
        }
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<ReadOnlyMemory<byte>> WaitAsync(CancellationToken cancellationToken)
    {
        if (_state.Continue is { } asked)
        {
            await HoldBackAsync(asked, cancellationToken).ConfigureAwait(false);
        }

        // Not by the token: Kestrel's reader cannot be read again after a read that was cancelled so, and another backend may be sent the rest.
        using CancellationTokenRegistration giveUp = cancellationToken.UnsafeRegister(static body => ((ContextBody)body!).CancelRead(), this);
        while (true)
        {
            ReadResult result;
            try
            {
                result = await _state.Reader.ReadAsync(CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception fault) when (IsOfClient(fault))
            {
                throw Translate(fault);
            }

            if (TryLend(in result, out ReadOnlyMemory<byte> piece))
            {
                return piece;
            }

            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private void CancelRead()
    {
        try
        {
            _state.Reader.CancelPendingRead();
        }
        catch (Exception fault) when (IsOfClient(fault))
        {
            // Kestrel throws that once the request was aborted. The read ends by that, too, and whoever cancels must go on.
        }
    }

    private async ValueTask HoldBackAsync(TaskCompletionSource asked, CancellationToken cancellationToken)
    {
        try
        {
            await asked.Task.WaitAsync(ContinueGrace, _state.Time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The server asks for it.
        }

        _state.Continue = null;
    }

    /// <summary>Lends what was read; false: it was nothing, and more will come.</summary>
    private bool TryLend(in ReadResult result, out ReadOnlyMemory<byte> piece)
    {
        ReadOnlySequence<byte> unread = result.Buffer;
        piece = default;
        if (result.IsCanceled)
        {
            Advance(unread.Start); // of this read or of an earlier one: whoever waits knows
            return false;
        }

        if (unread.IsEmpty)
        {
            Advance(unread.End);
            if (!result.IsCompleted)
            {
                return false;
            }

            _state.HasEnded = true;
            ReadTrailers();
            return true;
        }

        if (unread.IsSingleSegment)
        {
            piece = unread.First;
            _state.LentTo = unread.End;
            _state.IsLent = true;
        }
        else
        {
            // The server's pipe has pieces of 4 KiB: one copy costs less than a send for each.
            int length = (int)Math.Min(unread.Length, GatherBytes);
            _state.Gathered ??= ArrayPool<byte>.Shared.Rent(GatherBytes);
            unread = unread.Slice(0, length);
            unread.CopyTo(_state.Gathered);
            piece = _state.Gathered.AsMemory(0, length);
            Advance(unread.End);
        }

        _replay.Keep(piece.Span);
        return true;
    }

    private void GiveBack()
    {
        if (_state.IsLent)
        {
            _state.IsLent = false;
            Advance(_state.LentTo);
        }
    }

    /// <summary>Gives the reader back what was read up to a place.</summary>
    private void Advance(SequencePosition to)
    {
        try
        {
            _state.Reader.AdvanceTo(to);
        }
        catch (Exception fault) when (IsOfClient(fault)) // the request was aborted
        {
            throw Translate(fault);
        }
    }

    private void ReadTrailers()
    {
        if (!_state.KeepsTrailers || _state.Context.Features.Get<IHttpRequestTrailersFeature>() is not { Available: true } feature)
        {
            return;
        }

        foreach (KeyValuePair<string, StringValues> field in feature.Trailers)
        {
            foreach (string? value in field.Value)
            {
                byte[] name = Encoding.Latin1.GetBytes(field.Key);
                byte[] bytes = KestrelEncodings.OfRequest(_state.Context, field.Key).GetBytes(value ?? "");
                if (FieldSyntax.IsToken(name) && FieldSyntax.IsValue(bytes) && !TrailerFields.IsForbidden(name))
                {
                    _trailers.Add(name, bytes);
                }
            }
        }
    }

    private static bool IsOfClient(Exception fault) => fault is IOException or OperationCanceledException;

    /// <summary>Says in the engine's terms what the client did: it sent something that is no body, or it left.</summary>
    private Exception Translate(Exception fault)
    {
        if (fault is BadHttpRequestException refusal)
        {
            return refusal.StatusCode switch
            {
                StatusCodes.Status413PayloadTooLarge => new ClientException(413, "The body is too large."),
                StatusCodes.Status408RequestTimeout => new ClientException(408, "The body did not come in time."),
                StatusCodes.Status431RequestHeaderFieldsTooLarge => new ClientException(431, "The trailers are too large."),
                _ => new ClientException(400, "The body is malformed."),
            };
        }

        _state.HasLeft = true;
        return new OperationCanceledException("the client left in the middle of its body", fault);
    }

    private struct State
    {
        public HttpContext Context;
        public PipeReader Reader;
        public TimeProvider Time;
        public long? Length;
        public TaskCompletionSource? Continue;
        public byte[]? Gathered;
        public SequencePosition LentTo;
        public bool IsLent;
        public bool KeepsTrailers;
        public bool HasEnded;
        public bool HasLeft;
    }
}
