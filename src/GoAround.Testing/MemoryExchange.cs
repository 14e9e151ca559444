using System;
using System.Buffers;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core;
using GoAround.Core.Http;
using GoAround.Core.Upstream;

namespace GoAround.Testing;

/// <summary>One request that a test backend carries, from its first byte to the last of the answer.</summary>
internal sealed class MemoryExchange : IResponseLease
{
    private readonly TestBackend _backend;
    private readonly UpstreamOptions _options;
    private readonly bool _isCheck;
    private readonly int _deaths;
    private bool _hasEnded;

    public MemoryExchange(TestBackend backend, UpstreamOptions options, bool isCheck)
    {
        _backend = backend;
        _options = options;
        _isCheck = isCheck;
        _deaths = backend.Life.Deaths;
        if (!isCheck)
        {
            backend.Enter();
        }
    }

    /// <summary>The backend has died since the exchange began.</summary>
    public bool IsBroken => _backend.Life.Deaths != _deaths;

    /// <summary>Takes the request in, lets the backend think, and returns the head of its answer.</summary>
    public async ValueTask<ProxyResponse> RunAsync(ProxyRequest request, CancellationToken cancellationToken)
    {
        byte[] body = await ReadAsync(request.Body, cancellationToken).ConfigureAwait(false);
        if (IsBroken)
        {
            throw MemoryFaults.Reset(_backend.Backend, BackendFailureStage.Request);
        }

        string target = _backend.Backend.BasePath + Encoding.ASCII.GetString(request.Target.Span);
        string authority = Encoding.Latin1.GetString(request.Authority.Span);
        SeenRequest seen = _backend.Record(request.Method.ToString(), target, authority, request.Fields, body, _isCheck);
        TestFault fault = _backend.MeetRequest(_isCheck);
        TestReply reply = fault == TestFault.ServerError ? new TestReply(500) : _backend.ReplyTo(seen, _isCheck);
        TimeSpan delay = fault == TestFault.NoAnswer ? TimeSpan.MaxValue : _backend.TakeDelay(_isCheck);
        if (delay >= _options.ResponseTimeout)
        {
            await PassAsync(_options.ResponseTimeout, cancellationToken).ConfigureAwait(false);
            throw MemoryFaults.TimedOut(_backend.Backend, BackendFailureStage.ResponseHead);
        }

        await PassAsync(delay, cancellationToken).ConfigureAwait(false);
        return fault switch
        {
            TestFault.ResetBeforeHead => throw MemoryFaults.Reset(_backend.Backend, BackendFailureStage.ResponseHead),
            TestFault.ResetInHead => throw MemoryFaults.CutHead(_backend.Backend),
            TestFault.Garbage => throw MemoryFaults.Garbage(_backend.Backend),
            _ => Answer(request, reply, fault),
        };
    }

    /// <summary>It is over.</summary>
    public void End()
    {
        if (!_hasEnded && !_isCheck)
        {
            _backend.Leave();
        }

        _hasEnded = true;
    }

    /// <inheritdoc/>
    public ValueTask ReleaseAsync(ProxyResponse response)
    {
        End();
        return ValueTask.CompletedTask;
    }

    private static async ValueTask<byte[]> ReadAsync(MessageBody body, CancellationToken cancellationToken)
    {
        ArrayBufferWriter<byte> read = new();
        while (true)
        {
            ReadOnlyMemory<byte> piece = await body.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (piece.IsEmpty)
            {
                return read.WrittenSpan.ToArray();
            }

            read.Write(piece.Span);
        }
    }

    private async ValueTask PassAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        await MemoryTransport.Pass(_backend, time, BackendFailureStage.ResponseHead, cancellationToken).ConfigureAwait(false);
        if (IsBroken)
        {
            throw MemoryFaults.Reset(_backend.Backend, BackendFailureStage.ResponseHead); // dead and back again meanwhile
        }
    }

    private ProxyResponse Answer(ProxyRequest request, TestReply reply, TestFault fault)
    {
        bool hasBody = !request.Method.IsHead && reply.StatusCode is not (204 or 304);
        ProxyResponse response = new()
        {
            StatusCode = reply.StatusCode,
            Backend = _backend.Backend,
            ReceivedVersion = ProtocolVersion.Http11,
            ContentLength = reply.HasLength && reply.StatusCode != 204 ? reply.Length : null,
            Body = hasBody ? new ReplyBody(_backend, this, reply, fault, _options.BodyTimeout) : MessageBody.Empty,
        };
        reply.Fields.CopyTo(response.Fields);
        response.AddLease(this);
        return response;
    }
}
