using System.Text;
using GoAround.Core.Health;
using Xunit;

namespace GoAround.Core.Tests.Health;

public sealed class HealthRuleTests
{
    [Theory]
    [InlineData(200, "", true)]
    [InlineData(200, "OK", true)]
    [InlineData(200, """{"state":"healthy","message":""}""", true)]
    [InlineData(200, """{"state":"degraded"}""", false)]
    [InlineData(200, """ { "message": "x", "state": "Degraded" } """, false)]
    [InlineData(200, """{"nested":{"state":"degraded"}}""", true)]
    [InlineData(200, """{"state":{"state":"degraded"}}""", true)]
    [InlineData(200, """{"state":["degraded"]}""", true)]
    [InlineData(200, """{"state":null}""", true)]
    [InlineData(200, """["state","degraded"]""", true)]
    [InlineData(200, """{"state":"degraded" """, true)]
    [InlineData(200, """{"state":"degraded"} rest""", true)]
    [InlineData(200, """{"state":"\ud800"}""", true)]
    [InlineData(204, "", false)]
    [InlineData(503, "", false)]
    [InlineData(503, """{"state":"healthy","message":""}""", true)]
    [InlineData(404, """{"state":"HEALTHY"}""", true)]
    [InlineData(500, """{"state":"degraded"}""", false)]
    [InlineData(500, """{"state":"healthy" """, false)]
    public void Status_and_body_decide(int status, string body, bool healthy)
    {
        HealthReport report = HealthRule.Judge(status, Encoding.UTF8.GetBytes(body));
        Assert.Equal(healthy ? HealthState.Healthy : HealthState.Unhealthy, report.State);
        Assert.StartsWith($"status {status}", report.Reason, System.StringComparison.Ordinal);
    }

    [Fact]
    public void Text_that_is_not_utf8_says_nothing() =>
        Assert.Equal(HealthState.Unhealthy, HealthRule.Judge(500, [.. "{\"state\":\""u8, 0xFF, 0xFE, .. "\"}"u8]).State);
}
