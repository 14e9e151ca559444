using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Net.Http;
using System.Threading.Tasks;
using GoAround.Core.Observability;
using GoAround.Core.Tests.Observability;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Outgoing;

[Collection(nameof(TracedAlone))]
public sealed class OutgoingTracingTests
{
    [Fact]
    public async Task Activity_of_the_caller_goes_along_unless_the_request_names_one()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        await using OutgoingFixture fixture = new(backend);
        using Activity activity = new Activity("caller").SetIdFormat(ActivityIdFormat.W3C).Start();
        activity.TraceStateString = "vendor=1";
        await fixture.Client.GetStringAsync("/");
        using HttpRequestMessage named = new(HttpMethod.Get, "/");
        named.Headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        (await fixture.Client.SendAsync(named)).Dispose();
        string[] heads = [.. backend.Heads];
        Assert.Contains(activity.TraceId.ToHexString(), heads[0], StringComparison.Ordinal);
        Assert.Contains("\r\ntracestate: vendor=1\r\n", heads[0], StringComparison.Ordinal);
        Assert.Contains("0af7651916cd43dd8448eb211c80319c", heads[1], StringComparison.Ordinal);
        Assert.DoesNotContain(activity.TraceId.ToHexString(), heads[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Span_of_the_call_is_a_clients_below_the_callers()
    {
        List<Activity> ended = [];
        using Activity activity = new Activity("caller").SetIdFormat(ActivityIdFormat.W3C);
        activity.ActivityTraceFlags = ActivityTraceFlags.Recorded;
        activity.Start();
        ActivityTraceId trace = activity.TraceId;
        using ActivityListener listener = new()
        {
            ShouldListenTo = source => source.Name == TracingHandler.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                options.Parent.TraceId == trace ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStopped = span =>
            {
                if (span.TraceId == trace)
                {
                    ended.Add(span);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("gone", "404 Not Found"));
        await using OutgoingFixture fixture = new(backend);
        (await fixture.Client.GetAsync("/thing")).Dispose();
        Activity span = Assert.Single(ended);
        Assert.Equal((ActivityKind.Client, activity.SpanId, false, ActivityStatusCode.Error), (span.Kind, span.ParentSpanId, span.HasRemoteParent, span.Status));
        Assert.Contains(span.SpanId.ToHexString(), backend.Heads.Single(), StringComparison.Ordinal);
        Assert.Same(activity, Activity.Current);
    }
}
