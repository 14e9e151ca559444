using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Sockets;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Sockets;

public sealed class ForeignStreamTests
{
    [Fact]
    public async Task Stream_whose_callback_throws_is_disposed_nevertheless()
    {
        SpitefulStream spiteful = new();
        ForeignStream stream = new(spiteful, null);
        Task<int> read = stream.ReadAsync(new byte[1]).AsTask();
        await stream.DisposeAsync();
        await Assert.ThrowsAsync<IOException>(() => read.WaitAsync(WireEnd.Patience));
    }

    private sealed class SpitefulStream : MemoryStream
    {
        private readonly TaskCompletionSource<int> _read = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            cancellationToken.Register(() => throw new NotImplementedException());
            return new(_read.Task);
        }

        protected override void Dispose(bool disposing)
        {
            _read.TrySetException(new ObjectDisposedException(nameof(SpitefulStream)));
            base.Dispose(disposing);
        }
    }
}
