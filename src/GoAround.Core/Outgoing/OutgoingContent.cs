using System;
using System.IO;
using System.Net;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Core.Outgoing;

/// <summary>The content of a response: a stream that is read once, unless HttpClient buffers it.</summary>
internal sealed class OutgoingContent : HttpContent
{
    private Stream _stream = Stream.Null;
    private int _isTaken;

    /// <summary>Says what is read, else nothing; called once at most, before anybody has the content.</summary>
    public void Begin(Stream stream) => _stream = stream;

    /// <inheritdoc/>
    protected override Stream CreateContentReadStream(CancellationToken cancellationToken) => Take();

    /// <inheritdoc/>
    protected override Task<Stream> CreateContentReadStreamAsync() => Task.FromResult(Take());

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => CopyAsync(stream, CancellationToken.None);

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) => CopyAsync(stream, cancellationToken);

    /// <inheritdoc/>
    protected override void SerializeToStream(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        using Stream content = Take();
        content.CopyTo(stream);
    }

    /// <summary>It is what Content-Length says, or nobody knows.</summary>
    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _stream.Dispose(); // also one that was taken: whoever reads it is interrupted
        }

        base.Dispose(disposing);
    }

    private async Task CopyAsync(Stream target, CancellationToken cancellationToken)
    {
        Stream content = Take();
        await using (content.ConfigureAwait(false))
        {
            await content.CopyToAsync(target, cancellationToken).ConfigureAwait(false);
        }
    }

    private Stream Take() => Interlocked.Exchange(ref _isTaken, 1) == 0
        ? _stream
        : throw new InvalidOperationException("The content was read already; it cannot be read twice.");
}
