using System;
using System.Text;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;

namespace GoAround.Core.Tests.Cache;

/// <summary>A body whose pieces a test pushes one by one.</summary>
internal sealed class PushedBody(long? length) : MessageBody
{
    private readonly Channel<byte[]> _pieces = Channel.CreateUnbounded<byte[]>();

    public override long? Length => length;

    /// <summary>How many pieces were asked for.</summary>
    public int Reads { get; private set; }

    public void Push(string piece) => Push(Encoding.Latin1.GetBytes(piece));

    public void Push(byte[] piece) => Assert(_pieces.Writer.TryWrite(piece));

    public void End() => _pieces.Writer.TryComplete();

    public void Break() => _pieces.Writer.TryComplete(new BackendException(BackendFailureStage.ResponseBody, BackendFailureKind.Disconnected, "scripted"));

    public override async ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
    {
        Reads++;
        try
        {
            return await _pieces.Reader.ReadAsync(cancellationToken);
        }
        catch (ChannelClosedException closed) when (closed.InnerException is null)
        {
            return default;
        }
        catch (ChannelClosedException closed)
        {
            throw closed.InnerException!;
        }
    }

    private static void Assert(bool isTrue) => Xunit.Assert.True(isTrue);
}
