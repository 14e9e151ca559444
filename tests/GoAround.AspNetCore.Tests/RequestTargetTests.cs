using System;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace GoAround.AspNetCore.Tests;

public sealed class RequestTargetTests
{
    [Theory]
    [InlineData("/api/a%2Fb/%41;c=d,e?f=%20&g=+%")]
    [InlineData("/api/gr%C3%BCezi/%e4%bd%a0")]
    [InlineData("/api//double///slash/")]
    [InlineData("/api?")]
    [InlineData("/api/|^`{}[]\"<>?\"|")]
    public async Task Target_arrives_byte_for_byte(string target) => Assert.Equal(target, await SendAsync(target));

    [Theory]
    [InlineData("http://h/api/%41?x", "/api/%41?x")]
    [InlineData("http://h?x", "/?x")]
    [InlineData("/api/./a/../b%20c/%2e%2e/d", "/api/d")]
    [InlineData("/api/./%2561dmin", "/api/%2561dmin")]
    [InlineData("/api/./%252e%252e/x", "/api/%252e%252e/x")]
    [InlineData("/api/./a%2Fb", "/api/a%2Fb")]
    [InlineData("/api/./a%2fb%25", "/api/a%2fb%25")]
    public async Task Absolute_target_and_dot_segments_arrive_as_what_they_mean(string target, string expected) => Assert.Equal(expected, await SendAsync(target));

    [Theory]
    [InlineData("/api/a%2Fb?c", "/a%2Fb?c")]
    [InlineData("/API/a", "/a")]
    [InlineData("/api", "/")]
    [InlineData("/api/", "/")]
    [InlineData("/api?c", "/?c")]
    [InlineData("/apis/a", "/apis/a")]
    [InlineData("/%61pi/b%20c?d", "/b%20c?d")]
    [InlineData("/%61pi/%2561dmin", "/%2561dmin")]
    [InlineData("/%61pi/a%2Fb", "/a%2Fb")]
    [InlineData("/other/%20", "/other/%20")]
    public async Task Prefix_is_taken_off_in_whole_segments(string target, string expected) => Assert.Equal(expected, await SendAsync(target, app => app.MapGoAround("/{**rest}", Gateway.Pool, "/api")));

    [Fact]
    public async Task Path_that_the_application_rewrote_goes_out_rewritten()
    {
        Assert.Equal("/new/a%20b?x=1", await SendAsync("/old/a%20b", app =>
        {
            app.Use((HttpContext context, RequestDelegate next) =>
            {
                context.Request.Path = "/new/a b";
                context.Request.QueryString = new QueryString("?x=1");
                return next(context);
            });
            app.UseGoAround(Gateway.Pool);
        }));
    }

    [Fact]
    public async Task Base_path_and_branch_stay_in_the_path()
    {
        Assert.Equal("/base/api/a%2Fb", await SendAsync("/base/api/a%2Fb", app =>
        {
            app.UsePathBase("/base");
            app.Map("/api", branch => branch.UseGoAround(Gateway.Pool));
        }));
    }

    [Fact]
    public async Task Path_of_the_backends_address_stands_in_front()
    {
        using ScriptedBackend backend = new ScriptedBackend(path: "/v1").Answer(WireEnd.Response("ok"));
        await using Gateway gateway = await Gateway.OpenAsync(new Gateway.Setup { Map = app => app.MapGoAround("/api/{**rest}", Gateway.Pool, "/api") }, backend);
        await gateway.AskOnceAsync("GET /api/a?b HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        Assert.Equal("/v1/a?b", Assert.Single(backend.Heads).Split(' ')[1]);
    }

    [Theory]
    [InlineData("api")]
    [InlineData("/api/")]
    [InlineData("/")]
    [InlineData("/a%20b")]
    [InlineData("/a?b")]
    public async Task Prefix_that_is_no_path_of_segments_is_refused(string prefix)
    {
        await using WebApplication app = WebApplication.CreateSlimBuilder().Build();
        ArgumentException refusal = Assert.Throws<ArgumentException>(() => app.MapGoAround("/{**rest}", options => options.Backends.Add("http://127.0.0.1:1"), prefix));
        Assert.Equal("removePrefix", refusal.ParamName);
    }

    private static async Task<string> SendAsync(string target, Action<WebApplication>? map = null)
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        await using Gateway gateway = await Gateway.OpenAsync(map is null ? new Gateway.Setup() : new Gateway.Setup { Map = map }, backend);
        Assert.StartsWith("HTTP/1.1 200 ", await gateway.AskOnceAsync($"GET {target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"), StringComparison.Ordinal);
        gateway.ExpectNoErrors();
        return Assert.Single(backend.Heads).Split(' ')[1];
    }
}
