using System;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Health;
using NSubstitute;
using NSubstitute.ExceptionExtensions;
using Xunit;

namespace GoAround.Core.Tests.Health;

#pragma warning disable CA2012 // what looks like an unawaited call sets a substitute up
public sealed class HttpHealthCheckerTests
{
    private static readonly Backend Target = Backend.Parse("http://10.0.0.1:8080/base");

    private readonly IBackendClient _client = Substitute.For<IBackendClient>();

    [Fact]
    public async Task Probe_is_a_get_of_the_health_path_with_the_backends_authority()
    {
        ProxyRequest? sent = null;
        _client.SendAsync(Target, Arg.Do<ProxyRequest>(request => sent = request), Arg.Any<CancellationToken>())
            .Returns(_ => new ValueTask<ProxyResponse>(new ProxyResponse()));
        Assert.Equal(new HealthReport(HealthState.Healthy, "status 200"), await CheckAsync());
        Assert.NotNull(sent);
        Assert.True(sent.Method.IsGet);
        Assert.Equal("/health", Encoding.ASCII.GetString(sent.Target.Span));
        Assert.Equal("10.0.0.1:8080", Encoding.ASCII.GetString(sent.Authority.Span));
        Assert.StartsWith("goaround-health/", sent.Fields["User-Agent"], StringComparison.Ordinal);
        Assert.Equal("application/json", sent.Fields["Accept"]);
    }

    [Theory]
    [InlineData(503, """{"state":"healthy"}""", HealthState.Healthy)]
    [InlineData(200, """{"state":"degraded"}""", HealthState.Unhealthy)]
    [InlineData(503, "no JSON", HealthState.Unhealthy)]
    public async Task Body_is_read_and_judged_and_the_response_disposed(int status, string body, HealthState expected)
    {
        IResponseLease lease = Substitute.For<IResponseLease>();
        ProxyResponse response = ProxyResponse.FromText(status, body);
        response.AddLease(lease);
        _client.SendAsync(Target, Arg.Any<ProxyRequest>(), Arg.Any<CancellationToken>()).Returns(new ValueTask<ProxyResponse>(response));
        Assert.Equal(expected, (await CheckAsync()).State);
        await lease.Received(1).ReleaseAsync(response);
    }

    [Theory]
    [InlineData(65_000, HealthState.Unhealthy)]
    [InlineData(66_000, HealthState.Healthy)]
    public async Task Body_over_64_KiB_says_nothing(int padding, HealthState expected)
    {
        string body = """{"state":"degraded","message":" """ + new string('x', padding) + "\"}";
        _client.SendAsync(Target, Arg.Any<ProxyRequest>(), Arg.Any<CancellationToken>())
            .Returns(new ValueTask<ProxyResponse>(ProxyResponse.FromText(200, body)));
        Assert.Equal(expected, (await CheckAsync()).State);
    }

    [Fact]
    public async Task Backend_that_cannot_be_reached_is_unhealthy_for_that_reason()
    {
        _client.SendAsync(Target, Arg.Any<ProxyRequest>(), Arg.Any<CancellationToken>())
            .ThrowsForAnyArgs(new BackendException(BackendFailureStage.Dial, BackendFailureKind.Disconnected, "connection refused"));
        Assert.Equal(new HealthReport(HealthState.Unhealthy, "connection refused"), await CheckAsync());
    }

    private ValueTask<HealthReport> CheckAsync() => new HttpHealthChecker(_client, new HealthOptions()).CheckAsync(Target, default);
}
