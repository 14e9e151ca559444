using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Observability;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Observability;

[Collection(nameof(TracedAlone))]
public sealed class TracingHandlerTests
{
    private const string Parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    private readonly NextHandler _next = new();

    [Fact]
    public async Task Without_a_listener_the_request_goes_through_untouched_and_nothing_is_allocated()
    {
        TracingHandler handler = new(_next);
        ProxyRequest request = new("GET", "/");
        request.Fields.Add("traceparent", Parent);
        Assert.Same(_next.Response, await handler.HandleAsync(request, default));
#pragma warning disable CA2012 // it has ended: the next handler has its answer at once
        Assert.Equal(0, Allocated.Least(() => _ = handler.HandleAsync(request, default).IsCompletedSuccessfully));
#pragma warning restore CA2012
        Assert.Equal(Parent, request.Fields["traceparent"]);
    }

    [Fact]
    public async Task Span_joins_the_clients_trace_and_goes_on_to_the_backend()
    {
        List<Activity> ended = [];
        using ActivityListener listener = Listen(ended);
        ProxyRequest request = new("POST", "/orders?id=7");
        request.Fields.Add("traceparent", Parent);
        request.Fields.Add("tracestate", "vendor=1");
        _next.Response.StatusCode = 503;
        ProxyResponse response = await new TracingHandler(_next).HandleAsync(request, default);

        Assert.Null(Activity.Current);
        Assert.Empty(ended);
        await response.DisposeAsync();
        Activity span = Assert.Single(ended);
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", span.TraceId.ToHexString());
        Assert.Equal("b7ad6b7169203331", span.ParentSpanId.ToHexString());
        Assert.Equal(span.Id, request.Fields["traceparent"]);
        Assert.Equal("vendor=1", request.Fields["tracestate"]);
        Assert.Equal(ActivityKind.Server, span.Kind);
        Assert.Equal("POST", span.DisplayName);
        Assert.Equal("/orders", span.GetTagItem("url.path"));
        Assert.Equal(503, span.GetTagItem("http.response.status_code"));
        Assert.Equal(ActivityStatusCode.Error, span.Status);
    }

    [Theory]
    [InlineData(ProxyError.None, "502")]
    [InlineData(ProxyError.ConnectionRefused, "connection_refused")]
    public async Task Span_tells_an_error_of_our_own_from_one_of_the_backend(ProxyError error, string expected)
    {
        List<Activity> ended = [];
        using ActivityListener listener = Listen(ended);
        _next.Response.StatusCode = 502;
        _next.Response.Error = error;
        await (await new TracingHandler(_next).HandleAsync(new ProxyRequest("GET", "/"), default)).DisposeAsync();
        Assert.Equal(expected, Assert.Single(ended).GetTagItem("error.type"));
    }

    [Fact]
    public async Task Span_of_a_request_whose_client_left_ends_as_an_error()
    {
        List<Activity> ended = [];
        using ActivityListener listener = Listen(ended);
        _next.Failure = new OperationCanceledException();

        await Assert.ThrowsAsync<OperationCanceledException>(async () => await new TracingHandler(_next).HandleAsync(new ProxyRequest("GET", "/"), default));
        Assert.Equal(ActivityStatusCode.Error, Assert.Single(ended).Status);
    }

    private static ActivityListener Listen(List<Activity> ended)
    {
        ActivityListener listener = new()
        {
            ShouldListenTo = static source => source.Name == TracingHandler.SourceName,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = ended.Add,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    private sealed class NextHandler : ProxyHandler
    {
        public ProxyResponse Response { get; } = new();

        public Exception? Failure { get; set; }

        public override ValueTask<ProxyResponse> HandleAsync(ProxyRequest request, CancellationToken cancellationToken) =>
            Failure is null ? new(Response) : ValueTask.FromException<ProxyResponse>(Failure);
    }
}
