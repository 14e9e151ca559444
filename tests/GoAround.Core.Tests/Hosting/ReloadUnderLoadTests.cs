using System;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Hosting;
using GoAround.Core.Server;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;
using NSubstitute;
using Xunit;

namespace GoAround.Core.Tests.Hosting;

/// <summary>Many changes of the configuration by a seed, each of them while requests are in flight: in line, at backends that go, and on their sockets.</summary>
public sealed class ReloadUnderLoadTests
{
    private const int Changes = 60;
    private const int Clients = 8;

    private readonly FakeTimeProvider _time = new();
    private volatile TaskCompletionSource _change = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isOver;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task No_request_is_lost_however_often_the_backends_change(int seed)
    {
        Random random = new(seed);
        ScriptedBackend[] backends = [.. Enumerable.Range(0, 4).Select(i => Answering(seed * 10 + i))];
        ChangingSource source = new(Settings([0], backends, random));
        using IHost host = Build(source);
        await host.StartAsync();
        IBackendPool pool = host.Services.GetRequiredService<IBackendPool>();
        int port = host.Services.GetRequiredService<ProxyServer>().LocalEndPoint.Port;
        int[] answered = new int[Clients];
        Task[] clients = [.. Enumerable.Range(0, Clients).Select(i => AskAsync(port, new Random(seed * 100 + i), () => Interlocked.Increment(ref answered[i])))];
        try
        {
            for (int i = 0; i < Changes; i++)
            {
                int[] chosen = [.. Enumerable.Range(0, backends.Length).Where(_ => random.Next(2) == 0).DefaultIfEmpty(random.Next(backends.Length))];
                source.Change(Settings(chosen, backends, random));
                Backend[] expected = [.. chosen.Select(index => backends[index].Backend)];
                await UntilAsync(() => pool.Backends.SequenceEqual(expected), clients);
                Release();
                if (random.Next(3) == 0)
                {
                    int before = answered.Sum();
                    await UntilAsync(() => Release() && answered.Sum() > before, clients);
                }
            }
        }
        finally
        {
            _isOver = true;
            _change.SetResult();
        }

        await Task.WhenAll(clients).WaitAsync(WireEnd.Patience);
        Assert.All(answered, count => Assert.NotEqual(0, count));
        Assert.All(backends, backend => Assert.Empty(backend.Faults));
        await host.StopAsync();
        Array.ForEach(backends, backend => backend.Dispose());
    }

    private static (string, string?)[] Settings(int[] chosen, ScriptedBackend[] backends, Random random) =>
    [
        ("Server:Port", "0"),
        .. chosen.Select((index, i) => ($"Backends:{i}", (string?)$"{backends[index].Backend.Address} weight={random.Next(1, 4)}")),
    ];

    private IHost Build(ChangingSource source)
    {
        IHealthChecker healthy = Substitute.For<IHealthChecker>();
        healthy.CheckAsync(default!, default).ReturnsForAnyArgs(new HealthReport(HealthState.Healthy, "it is"));
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton<TimeProvider>(_time).AddSingleton(healthy);
        builder.Services.AddGoAround(source.Section, options =>
        {
            options.Pool.ConnectionsPerBackend = 2; // so that there is a line
            options.Pool.QueueTimeout = TimeSpan.FromHours(1);
            options.Upstream.DialTimeout = options.Upstream.ResponseTimeout = options.Upstream.BodyTimeout = TimeSpan.FromDays(1); // time runs as fast as the changes come: not so far in all the patience of a test
            options.Server.HeadTimeout = options.Server.BodyTimeout = options.Server.IdleTimeout = options.Server.MinBodyRateGrace = TimeSpan.FromDays(1);
        });
        return builder.Build();
    }

    /// <summary>Some answers come at once, some after the next change, some in two halves with the change between.</summary>
    private ScriptedBackend Answering(int seed)
    {
        int connections = seed * 1000;
        return new ScriptedBackend().Serve(async link =>
        {
            Random random = new(Interlocked.Increment(ref connections));
            while (await link.TryReadHeadAsync() is { } head)
            {
                string body = head.StartsWith("POST", StringComparison.Ordinal) ? await link.ReadAsync(4) : "none";
                string answer = WireEnd.Response(body);
                int cut = random.Next(4) switch
                {
                    0 => 0,
                    1 => random.Next(1, answer.Length),
                    _ => -1,
                };
                if (cut >= 0 && !_isOver)
                {
                    await link.SendAsync(answer[..cut]);
                    await _change.Task;
                    answer = answer[cut..];
                }

                await link.SendAsync(answer);
            }
        });
    }

    private async Task AskAsync(int port, Random random, Action answered)
    {
        WireEnd client = await RawClient.ConnectAsync(port);
        while (!_isOver)
        {
            bool isPost = random.Next(2) == 0; // which is not sent a second time
            string body = random.Next(1000, 10_000).ToString(System.Globalization.CultureInfo.InvariantCulture);
            await client.SendAsync(isPost ? $"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n{body}" : "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
            string head = await client.ReadHeadAsync();
            Assert.StartsWith("HTTP/1.1 200 ", head, StringComparison.Ordinal);
            await client.ExpectAsync(isPost ? body : "none");
            answered();
            if (random.Next(20) == 0)
            {
                client.Dispose();
                client = await RawClient.ConnectAsync(port);
            }
        }

        client.Dispose();
    }

    /// <summary>What was held back for a change goes on.</summary>
    private bool Release()
    {
        Interlocked.Exchange(ref _change, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
        return true;
    }

    /// <summary>Lets time pass until it is so, or a client has failed.</summary>
    private async Task UntilAsync(Func<bool> isSo, Task[] clients)
    {
        long start = Stopwatch.GetTimestamp();
        while (!isSo())
        {
            foreach (Task client in clients.Where(client => client.IsCompleted))
            {
                await client; // it failed
            }

            Assert.True(Stopwatch.GetElapsedTime(start) < WireEnd.Patience, "it did not come");
            _time.Advance(OptionsReload.Settling);
            await Task.Delay(1);
        }
    }
}
