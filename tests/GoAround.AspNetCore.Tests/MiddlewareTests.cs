using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Compression;
using System.Net.Http;
using System.Text;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.HttpLogging;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace GoAround.AspNetCore.Tests;

/// <summary>Before a mount stand middlewares of the framework's that put themselves around a body.</summary>
public sealed class MiddlewareTests
{
    private const string Text = "an answer that no middleware may lose";

    private static readonly Dictionary<string, Action<WebApplication>> Middlewares = new()
    {
        ["HTTP logging"] = app => app.UseHttpLogging(),
        ["compression"] = app => app.UseResponseCompression(),
        ["output cache"] = app => app.UseOutputCache(),
        ["a body of its own"] = app => app.Use(RewriteAsync),
        ["all of them"] = app => app.UseHttpLogging().UseResponseCompression().UseOutputCache().Use(RewriteAsync),
    };

    /// <summary>What each of them is called.</summary>
    public static TheoryData<string> Names => [.. Middlewares.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Answer_arrives_whole_behind_what_is_around_its_body(string middleware)
    {
        await ExpectWholeAsync(middleware, hasLength: true, isHttp2: false);
        await ExpectWholeAsync(middleware, hasLength: false, isHttp2: false);
        await ExpectWholeAsync(middleware, hasLength: true, isHttp2: true);
        await ExpectWholeAsync(middleware, hasLength: false, isHttp2: true);
    }

    [Fact]
    public async Task Request_arrives_whole_where_a_middleware_has_read_its_body_and_begun_it_anew()
    {
        ReceivedRequest seen = await SeenAsync(new StringContent(Text), app => app.UseHttpLogging().Use(ReadAsync));

        Assert.Contains($"\r\nContent-Length: {Text.Length}\r\n", seen.Head, StringComparison.Ordinal);
        Assert.Equal(Text, seen.Body);
    }

    [Fact]
    public async Task Request_whose_body_a_middleware_has_made_longer_arrives_whole_where_its_length_is_cleared()
    {
        using MemoryStream packed = new();
        using (GZipStream packing = new(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            packing.Write(Encoding.UTF8.GetBytes(Text));
        }

        using ByteArrayContent content = new(packed.ToArray());
        content.Headers.ContentEncoding.Add("gzip");
        ReceivedRequest seen = await SeenAsync(content, app => app.UseRequestDecompression().Use((context, next) =>
        {
            context.Request.ContentLength = null;
            return next(context);
        }));

        Assert.DoesNotContain("gzip", seen.Head, StringComparison.Ordinal);
        Assert.Equal(Text, seen.Body);
    }

    /// <summary>What the backend is asked where a body is posted through a middleware.</summary>
    private static async Task<ReceivedRequest> SeenAsync(HttpContent content, Action<WebApplication> middleware)
    {
        ReceivedRequest? seen = null;
        using ScriptedBackend backend = new ScriptedBackend().Serve(async link =>
        {
            seen = await ReceivedRequest.TryReadAsync(link);
            await link.SendAsync(WireEnd.Response("ok"));
            await link.ReadToCloseAsync();
        });
        Gateway.Setup setup = new()
        {
            Services = services => services.AddHttpLogging(options => options.LoggingFields = HttpLoggingFields.All).AddRequestDecompression(),
            Map = app =>
            {
                middleware(app);
                app.UseGoAround(Gateway.Pool);
            },
        };
        await using Gateway gateway = await Gateway.OpenAsync(setup, backend);
        using HttpClient client = gateway.Client(isHttp2: false);
        using HttpResponseMessage answer = await client.PostAsync("/", content);
        Assert.Equal("ok", await answer.Content.ReadAsStringAsync());
        gateway.ExpectNoErrors();
        return seen!; // it has answered
    }

    private static async Task ExpectWholeAsync(string middleware, bool hasLength, bool isHttp2)
    {
        string framing = hasLength ? $"Content-Length: {Text.Length}\r\n\r\n{Text}" : $"Transfer-Encoding: chunked\r\n\r\n{Text.Length:x}\r\n{Text}\r\n0\r\n\r\n";
        using ScriptedBackend backend = new ScriptedBackend().Answer("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n" + framing);
        Gateway.Setup setup = new()
        {
            Services = services => services
                .AddHttpLogging(options => options.LoggingFields = HttpLoggingFields.All)
                .AddResponseCompression()
                .AddOutputCache(options => options.AddBasePolicy(policy => policy.Cache())),
            Map = app =>
            {
                Middlewares[middleware](app);
                app.UseGoAround(Gateway.Pool);
            },
        };
        await using Gateway gateway = await Gateway.OpenAsync(setup, backend);
        using HttpClient client = gateway.Client(isHttp2);
        client.DefaultRequestHeaders.Add("Accept-Encoding", "gzip");

        for (int i = 0; i < 2; i++)
        {
            using HttpResponseMessage answer = await client.GetAsync("/");
            Assert.Equal(Text, await TextOfAsync(answer));
        }

        gateway.ExpectNoErrors();
    }

    private static async Task<string> TextOfAsync(HttpResponseMessage answer)
    {
        Stream content = await answer.Content.ReadAsStreamAsync();
        using StreamReader reader = new(answer.Content.Headers.ContentEncoding.Contains("gzip") ? new GZipStream(content, CompressionMode.Decompress) : content);
        return await reader.ReadToEndAsync();
    }

    /// <summary>As an application does it that checks a signature.</summary>
    private static async Task ReadAsync(HttpContext context, RequestDelegate next)
    {
        context.Request.EnableBuffering();
        using StreamReader reader = new(context.Request.Body, leaveOpen: true);
        Assert.Equal(Text, await reader.ReadToEndAsync());
        context.Request.Body.Position = 0;
        await next(context);
    }

    /// <summary>As many an application does it: takes the whole answer, and sends it then.</summary>
    private static async Task RewriteAsync(HttpContext context, RequestDelegate next)
    {
        Stream own = context.Response.Body;
        using MemoryStream kept = new();
        context.Response.Body = kept;
        await next(context);
        context.Response.Body = own;
        kept.Position = 0;
        await kept.CopyToAsync(own);
    }
}
