using System.IO;
using System.Net;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Core.Tests.Outgoing;

/// <summary>Content of unknown length that a test writes while it is sent.</summary>
internal sealed class WrittenContent : HttpContent
{
    /// <summary>Where the bytes go, once it is being sent.</summary>
    public TaskCompletionSource<Stream> Target { get; private set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends it.</summary>
    public TaskCompletionSource End { get; private set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The token it was given.</summary>
    public CancellationToken Cancellation { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        Cancellation = cancellationToken;
        Target.SetResult(stream);
        await End.Task;
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
