using System;
using System.Diagnostics;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Core.Observability;

/// <summary>
/// Puts a span around the handlers behind it, a server's, or a client's where this process made the request, and hands its W3C trace context on to the backend. Where nobody
/// listens to <see cref="SourceName"/>, or the span is not sampled, the request goes through untouched.
/// </summary>
/// <param name="next">The rest of the chain.</param>
public sealed class TracingHandler(ProxyHandler next) : ProxyHandler
{
    /// <summary>The activity source listeners and exporters ask for.</summary>
    public const string SourceName = "GoAround";

    private static readonly ActivitySource Source = new(SourceName, typeof(TracingHandler).Assembly.GetName().Version?.ToString(3) ?? "");

    /// <inheritdoc/>
    public override ValueTask<ProxyResponse> HandleAsync(ProxyRequest request, CancellationToken cancellationToken) =>
        Source.HasListeners() ? TraceAsync(request, cancellationToken) : next.HandleAsync(request, cancellationToken);

    private static Activity? Start(ProxyRequest request)
    {
        ActivityContext.TryParse(request.Fields["traceparent"], request.Fields["tracestate"], isRemote: !request.IsOutgoing, out ActivityContext parent);
        string method = TagValues.Method(request.Method);
        Activity? span = Source.StartActivity(method == "_OTHER" ? "HTTP" : method, request.IsOutgoing ? ActivityKind.Client : ActivityKind.Server, parent);
        if (span is null)
        {
            return null;
        }

        string target = Encoding.Latin1.GetString(request.Target.Span);
        int query = target.IndexOf('?', StringComparison.Ordinal);
        span.SetTag(TagNames.Method, method);
        span.SetTag(TagNames.Scheme, request.Scheme);
        span.SetTag("url.path", query < 0 ? target : target[..query]);
        span.SetTag(TagNames.ProtocolVersion, TagValues.Version(request.Version));
        if (request.RemoteEndPoint is { } client)
        {
            span.SetTag("client.address", client.Address.ToString());
        }

        // W3C Trace Context §3.2: this hop's own id goes out; the state of others is passed on untouched.
        request.Fields.Set("traceparent", span.Id ?? "");
        return span;
    }

    private static void Describe(Activity span, ProxyRequest request, ProxyResponse response)
    {
        span.SetTag(TagNames.StatusCode, response.StatusCode);
        span.SetTag("goaround.attempts", response.Attempts);
        if (response.Backend is { } backend)
        {
            span.SetTag(TagNames.Backend, backend.Address);
        }

        if (response.StatusCode >= (request.IsOutgoing ? 400 : 500))
        {
            span.SetTag(TagNames.ErrorType, response.Error == ProxyError.None ? TagValues.StatusText(response.StatusCode) : response.Error.Name());
            span.SetStatus(ActivityStatusCode.Error);
        }
    }

    // Async, so that the span is the current activity in here only.
    private async ValueTask<ProxyResponse> TraceAsync(ProxyRequest request, CancellationToken cancellationToken)
    {
        Activity? span = Start(request);
        ProxyResponse? response = null;
        try
        {
            response = await next.HandleAsync(request, cancellationToken).ConfigureAwait(false);
            if (span is not null)
            {
                Describe(span, request, response);
                response.AddLease(new SpanLease(span));
            }

            return response;
        }
        finally
        {
            if (response is null)
            {
                span?.SetStatus(ActivityStatusCode.Error);
                span?.Dispose();
            }
        }
    }
}
