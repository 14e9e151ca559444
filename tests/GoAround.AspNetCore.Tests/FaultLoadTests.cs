using System;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core;
using GoAround.Core.Hosting;
using GoAround.Core.Tests.Load;
using GoAround.Core.Tests.Outgoing;
using GoAround.Core.Tests.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace GoAround.AspNetCore.Tests;

/// <summary>Backends that fail in every way there is, clients that leave, and an application that aborts requests and gives them up, all at once.</summary>
public sealed class FaultLoadTests
{
    private const int Clients = 40;
    private const int RequestsPerClient = 25;
    private const string GiveUp = "X-Give-Up"; // the application's, not the backend's

    private int _came;
    private int _right;
    private int _failed;

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    [InlineData(4, true)]
    public async Task No_answer_is_wrong_or_only_looks_whole_and_nothing_stays_behind(int seed, bool isHttp2)
    {
        ScriptedBackend[] backends = [.. Enumerable.Range(0, 3).Select(i => new ScriptedBackend().Serve(new UnreliableBackend(seed + (100 * i)).ServeAsync))];
        Gateway.Setup setup = new()
        {
            Options = options => options.Pool.ConnectionsPerBackend = 8,
            Map = app =>
            {
                app.Use(GiveUpAsync);
                app.UseGoAround(Gateway.Pool);
            },
        };
        await using (Gateway gateway = await Gateway.OpenAsync(setup, backends))
        {
            using HttpClient client = gateway.Client(isHttp2);
            await Task.WhenAll(Enumerable.Range(0, Clients).Select(one => Task.Run(() => RunAsync(client, one, new Random((seed * 1000) + one)))));
            await gateway.UntilIdleAsync(_came);
            IConnectionFactory connections = gateway.Services.GetRequiredKeyedService<Balancer>(Gateway.Pool).Connections;
            await Until.TrueAsync(() => backends.Select(backend => connections.CountSockets(backend.Backend)).All(count => count.Open == count.Idle), "a socket was left behind");
            gateway.ExpectNoErrors();
        }

        Assert.True(_right > Clients * RequestsPerClient / 4, $"{_right} right, {_failed} not");
        Assert.True(_failed > 0, "nothing failed");
        Assert.Empty(backends.SelectMany(backend => backend.Faults));
        Array.ForEach(backends, backend => backend.Dispose());
    }

    private async Task GiveUpAsync(HttpContext context, RequestDelegate next)
    {
        Interlocked.Increment(ref _came);
        string how = context.Request.Headers[GiveUp].ToString();
        context.Request.Headers.Remove(GiveUp);
        CancellationToken connection = context.RequestAborted;
        using CancellationTokenSource timeout = CancellationTokenSource.CreateLinkedTokenSource(connection);
        using CancellationTokenRegistration abort = timeout.Token.Register(() =>
        {
            if (how == "abort")
            {
                context.Abort();
            }
        });
        if (how.Length > 0)
        {
            context.RequestAborted = how == "timeout" ? timeout.Token : connection;
            timeout.CancelAfter(1);
        }

        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (!context.Response.HasStarted)
        {
            context.Response.StatusCode = 504; // as the middleware of request timeouts says
        }
    }

    private async Task RunAsync(HttpClient client, int number, Random dice)
    {
        for (int i = 0; i < RequestsPerClient; i++)
        {
            HttpMethod method = dice.Next(4) switch { 0 => HttpMethod.Post, 1 => HttpMethod.Put, _ => HttpMethod.Get };
            string target = $"/{method}/{number}/{i}";
            using HttpRequestMessage request = new(method, target) { Version = client.DefaultRequestVersion, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            if (method != HttpMethod.Get)
            {
                request.Content = new ScriptedContent(async (stream, token) =>
                {
                    for (int piece = 0; piece < 20; piece++)
                    {
                        await stream.WriteAsync(new byte[5000], token);
                        await stream.FlushAsync(token);
                    }
                });
            }

            int how = dice.Next(8);
            if (how < 2)
            {
                request.Headers.Add(GiveUp, how == 0 ? "abort" : "timeout");
            }

            using CancellationTokenSource leave = new();
            if (dice.Next(8) == 0)
            {
                leave.CancelAfter(dice.Next(10));
            }

            bool isRight = await AskAsync(client, request, target, leave.Token);
            Interlocked.Increment(ref isRight ? ref _right : ref _failed);
        }
    }

    /// <summary>One request; false: it visibly failed.</summary>
    private static async Task<bool> AskAsync(HttpClient client, HttpRequestMessage request, string target, CancellationToken cancellationToken)
    {
        try
        {
            using HttpResponseMessage response = await client.SendAsync(request, cancellationToken);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                Assert.Contains(response.StatusCode, (HttpStatusCode[])[HttpStatusCode.BadGateway, HttpStatusCode.GatewayTimeout]);
                return false;
            }

            Assert.Equal(target, Assert.Single(response.Headers.GetValues("X-Id")));
            Assert.Equal(UnreliableBackend.ContentOf(target), await response.Content.ReadAsStringAsync(CancellationToken.None));
            return true;
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException or OperationCanceledException)
        {
            return false;
        }
    }
}
