using System;
using System.Collections.Concurrent;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Fuzz;

namespace GoAround.Core.Tests.Proof;

/// <summary>Between server and pool: keeps what the balancer has accepted, and what the backend's answer to it was.</summary>
internal sealed class AcceptedRequests(ProxyHandler next) : ProxyHandler
{
    /// <summary>The requests that the backend answered, in order, each with the status of the answer.</summary>
    public ConcurrentQueue<(SeenRequest Request, int StatusCode)> Answered { get; } = new();

    public override async ValueTask<ProxyResponse> HandleAsync(ProxyRequest request, CancellationToken cancellationToken)
    {
        MessageBody inner = request.Body;
        RecordedBody body = new(inner);
        request.Body = inner.Length == 0 ? inner : body;
        SeenRequest seen = new()
        {
            Method = request.Method.ToString(),
            Target = Encoding.Latin1.GetString(request.Target.Span),
            Authority = Encoding.Latin1.GetString(request.Authority.Span),
            Fields = [.. request.Fields.ToPairs()],
        };
        ProxyResponse response = await next.HandleAsync(request, cancellationToken);
        seen.Body = body.Content;
        seen.Trailers = inner.Trailers is { } trailers ? [.. trailers.ToPairs()] : [];
        Answered.Enqueue((seen, response.StatusCode));
        response.StatusCode = 200; // a refusal of the backend's must not look like one of the balancer's
        return response;
    }

    private sealed class RecordedBody(MessageBody inner) : MessageBody
    {
        private readonly StringBuilder _content = new();

        public string Content => _content.ToString();

        public override long? Length => inner.Length;

        public override Core.Http.FieldList? Trailers => inner.Trailers;

        public override async ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
        {
            ReadOnlyMemory<byte> piece = await inner.ReadAsync(cancellationToken);
            _content.Append(Encoding.Latin1.GetString(piece.Span));
            return piece;
        }

        public override bool TryRewind()
        {
            _content.Clear();
            return inner.TryRewind();
        }
    }
}
