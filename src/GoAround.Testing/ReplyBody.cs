using System;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core;

namespace GoAround.Testing;

/// <summary>The body of a test backend's answer, with its pauses, and its fault half way.</summary>
internal sealed class ReplyBody(TestBackend backend, MemoryExchange exchange, TestReply reply, TestFault fault, TimeSpan timeout) : MessageBody
{
    private readonly long _end = fault is TestFault.ResetInBody or TestFault.StalledBody ? reply.Length / 2 : long.MaxValue;
    private int _next;
    private long _sent;

    /// <inheritdoc/>
    public override long? Length { get; } = reply.HasLength ? reply.Length : null;

    /// <inheritdoc/>
    public override async ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_next > 0 && _next < reply.Pieces.Count)
        {
            await PauseAsync(reply.Pause, cancellationToken).ConfigureAwait(false);
        }

        if (exchange.IsBroken && (_next < reply.Pieces.Count || Length is null))
        {
            throw MemoryFaults.Reset(backend.Backend, BackendFailureStage.ResponseBody);
        }

        if (_sent >= _end)
        {
            if (fault == TestFault.StalledBody)
            {
                await PauseAsync(TimeSpan.MaxValue, cancellationToken).ConfigureAwait(false);
            }

            throw MemoryFaults.Reset(backend.Backend, BackendFailureStage.ResponseBody);
        }

        if (_next == reply.Pieces.Count)
        {
            return default;
        }

        ReadOnlyMemory<byte> piece = reply.Pieces[_next++];
        int length = (int)Math.Min(piece.Length, _end - _sent);
        _sent += length;
        return piece[..length];
    }

    private async ValueTask PauseAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        bool isTooLong = time >= timeout;
        await MemoryTransport.Pass(backend, isTooLong ? timeout : time, BackendFailureStage.ResponseBody, cancellationToken).ConfigureAwait(false);
        if (isTooLong)
        {
            throw MemoryFaults.TimedOut(backend.Backend, BackendFailureStage.ResponseBody);
        }
    }
}
