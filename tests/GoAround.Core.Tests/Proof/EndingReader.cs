using System;
using System.IO.Pipelines;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Core.Tests.Proof;

/// <summary>
/// Gives what is in a pipe, and its end only when the reader asks for more than there is: a client that hangs up once it has heard all
/// answers. Kestrel drops a request whose body came in whole where it knows already that the client has gone.
/// </summary>
internal sealed class EndingReader(Pipe pipe) : PipeReader
{
    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        ValueTask<ReadResult> read = pipe.Reader.ReadAsync(cancellationToken);
        if (!read.IsCompleted)
        {
            pipe.Writer.Complete();
        }

        return read;
    }

    public override bool TryRead(out ReadResult result) => pipe.Reader.TryRead(out result);

    public override void AdvanceTo(SequencePosition consumed) => pipe.Reader.AdvanceTo(consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => pipe.Reader.AdvanceTo(consumed, examined);

    public override void CancelPendingRead() => pipe.Reader.CancelPendingRead();

    public override void Complete(Exception? exception = null) => pipe.Reader.Complete(exception);
}
