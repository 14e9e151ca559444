using System;
using System.Diagnostics;
using System.IO;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Http;
using GoAround.Core.Tests.Wire;
using GoAround.Core.Upstream;
using Xunit;

namespace GoAround.Core.Tests.Upstream;

/// <summary>A backend that switches protocols about when the last piece of the request's body is sent.</summary>
public sealed class EarlySwitchTests
{
    private const string InterimAndAgreed =
        "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";

    private const int FewerThanAPipeHolds = 50_000;
    private const int MoreThanAPipeHolds = 200_000;

    private static readonly Backend Memory = Backend.Parse("http://memory");

    /// <summary>
    /// Nothing can be made to happen between two looks at the body. So its last piece is let go in thousands of moments around them: when there were two, they found
    /// the opposite of each other in several of these runs.
    /// </summary>
    [Fact]
    public async Task Tunnel_begins_only_behind_the_last_byte_of_the_body()
    {
        MemoryBackend backend = new(async stream =>
        {
            await MemoryBackend.ReadHeadAsync(stream);
            await stream.WriteAsync(Encoding.Latin1.GetBytes(InterimAndAgreed));
            await stream.CopyToAsync(Stream.Null);
        });
        using SocketConnectionFactory factory = new(Unhurried.Upstream(), TimeProvider.System, dialer: backend);
        int opened = 0;
        int tooSoon = 0;
        for (int i = 0; i < 4000; i++)
        {
            LastPiece body = new(i % 200 * 50);
            UpgradeRequest request = new(body, body.LetGo, i == 0 ? body.Sent : Task.CompletedTask); // it opens once for certain, however busy the machine is
            try
            {
                await using ProxyResponse response = await factory.SendAsync(Memory, request, default);
                opened++;
            }
            catch (BackendException early) when (early.Kind == BackendFailureKind.Malformed)
            {
                // The head came before the body.
            }

            tooSoon += request.IsOpenedTooSoon ? 1 : 0;
        }

        Assert.Equal(0, tooSoon);
        Assert.NotEqual(0, opened);
    }

    [Fact]
    public async Task Client_that_leaves_while_its_last_piece_is_sent_is_not_the_backends_fault()
    {
        using CancellationTokenSource client = new();
        TaskCompletionSource end = new();
        MemoryBackend backend = new(async stream =>
        {
            await MemoryBackend.ReadHeadAsync(stream);
            await stream.ReadExactlyAsync(new byte[1]); // so the last piece is under way
            await stream.WriteAsync(Encoding.Latin1.GetBytes(InterimAndAgreed));
            await end.Task;
        });
        using SocketConnectionFactory factory = new(Unhurried.Upstream(), TimeProvider.System, dialer: backend);
        ScriptedBody body = new(MoreThanAPipeHolds, _ => new(new byte[MoreThanAPipeHolds]));
        UpgradeRequest request = new(body, client.Cancel); // the head of the 101 stands behind that of the 102 already
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => factory.SendAsync(Memory, request, client.Token).AsTask().WaitAsync(WireEnd.Patience));
        end.SetResult();
    }

    private sealed class UpgradeRequest : ProxyRequest
    {
        private readonly Action _onInterim;
        private readonly Task _isTaken;

        public UpgradeRequest(MessageBody body, Action onInterim, Task? isTaken = null)
            : base("GET", "/")
        {
            _onInterim = onInterim;
            _isTaken = isTaken ?? Task.CompletedTask;
            Body = body;
            UpgradeProtocol = "websocket"u8.ToArray();
            ExpectsContinue = true; // so that the body is pumped, as one piece
        }

        /// <summary>The tunnel was opened while the body was still being sent.</summary>
        public bool IsOpenedTooSoon { get; private set; }

        public override ValueTask SendInterimAsync(int statusCode, FieldList fields, CancellationToken cancellationToken)
        {
            _onInterim();
            return new(_isTaken);
        }

        public override MessageBody OpenTunnel()
        {
            IsOpenedTooSoon = Body is LastPiece { WasSent: false };
            return MessageBody.Empty;
        }
    }

    /// <summary>A body of one piece, which comes so long after it was let go.</summary>
    private sealed class LastPiece(int delayNanoseconds) : MessageBody
    {
        private static readonly byte[] Content = new byte[FewerThanAPipeHolds];

        private readonly TaskCompletionSource _sent = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile bool _isLetGo;

        public override long? Length => Content.Length;

        public bool WasSent => _sent.Task.IsCompleted;

        public Task Sent => _sent.Task;

        public void LetGo() => _isLetGo = true;

        public override async ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
        {
            await Task.Yield();
            SpinWait wait = default;
            while (!_isLetGo)
            {
                wait.SpinOnce(sleep1Threshold: -1);
            }

            long begin = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(begin).TotalNanoseconds < delayNanoseconds)
            {
            }

            return Content;
        }

        internal override void OnSent() => _sent.TrySetResult();
    }
}
