using System;
using System.Text;
using System.Threading.Tasks;
using GoAround.Cli.Metrics;
using GoAround.Core;
using GoAround.Core.Observability;
using NSubstitute;
using Xunit;

namespace GoAround.Cli.Tests.Metrics;

public sealed class MetricsHandlerTests : IAsyncLifetime, IAsyncDisposable
{
    private readonly GoAroundMeter _meter = new();
    private readonly IBackendPool _pool = Substitute.For<IBackendPool>();
    private readonly PrometheusBridge _bridge;
    private readonly MetricsHandler _handler;

    public MetricsHandlerTests()
    {
        _bridge = new PrometheusBridge(_meter, _pool);
        _handler = new MetricsHandler(_bridge);
    }

    [Theory]
    [InlineData("GET", "/", 200, "The metrics are at /metrics\n")]
    [InlineData("GET", "/healthz", 200, "ok\n")]
    [InlineData("GET", "/healthz?now", 200, "ok\n")]
    [InlineData("GET", "/favicon.ico", 404, "There is nothing here. The metrics are at /metrics\n")]
    [InlineData("POST", "/metrics", 405, "Only GET and HEAD are answered here\n")]
    [InlineData("GET", "/metrics?name=x", 200, "goaround_retries_total 0\n")]
    public async Task Path_and_method_decide_the_answer(string method, string target, int status, string part)
    {
        await using ProxyResponse response = await _handler.HandleAsync(new ProxyRequest(method, target), default);
        string body = Encoding.UTF8.GetString((await response.Body.ReadAsync(default)).Span);

        Assert.Equal(status, response.StatusCode);
        Assert.Contains(part, body, StringComparison.Ordinal);
        Assert.Equal(Encoding.UTF8.GetByteCount(body), response.ContentLength);
        Assert.Equal(status == 405 ? "GET, HEAD" : null, response.Fields["Allow"]);
    }

    [Theory]
    [InlineData("/metrics")]
    [InlineData("/healthz")]
    public async Task Head_is_answered_with_the_length_alone(string target)
    {
        await using ProxyResponse response = await _handler.HandleAsync(new ProxyRequest("HEAD", target), default);

        Assert.Equal(200, response.StatusCode);
        Assert.True(response.ContentLength > 0);
        Assert.True((await response.Body.ReadAsync(default)).IsEmpty);
    }

    [Theory]
    [InlineData(null, "text/plain; version=0.0.4; charset=utf-8")]
    [InlineData("*/*", "text/plain; version=0.0.4; charset=utf-8")]
    [InlineData("application/openmetrics-text;q=0, text/plain", "text/plain; version=0.0.4; charset=utf-8")]
    [InlineData("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1", "application/openmetrics-text; version=1.0.0; charset=utf-8")]
    public async Task Accept_decides_the_format(string? accept, string contentType)
    {
        ProxyRequest request = new("GET", "/metrics");
        if (accept is not null)
        {
            request.Fields.Add("accept", accept);
        }

        await using ProxyResponse response = await _handler.HandleAsync(request, default);
        Assert.Equal(contentType, response.Fields["Content-Type"]);
        Assert.Equal(contentType.StartsWith("app", StringComparison.Ordinal), Encoding.UTF8.GetString((await response.Body.ReadAsync(default)).Span).EndsWith("# EOF\n", StringComparison.Ordinal));
    }

    public Task InitializeAsync() => Task.CompletedTask;

    // What xunit 2 calls at the end; IAsyncDisposable it does not know.
    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        _bridge.Dispose();
        _meter.Dispose();
        await _pool.DisposeAsync();
    }
}
