using System.IO;
using System.Net;
using System.Net.Http;
using System.Threading.Tasks;

namespace GoAround.AspNetCore.Tests;

/// <summary>The content of a request that a test writes piece by piece.</summary>
internal sealed class PushedContent : HttpContent
{
    private readonly TaskCompletionSource<Stream> _stream = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Where the pieces are written, once the client asks for them.</summary>
    public Task<Stream> Stream => _stream.Task;

    /// <summary>Nothing more comes.</summary>
    public void End() => _end.TrySetResult();

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        _stream.TrySetResult(stream);
        return _end.Task;
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
