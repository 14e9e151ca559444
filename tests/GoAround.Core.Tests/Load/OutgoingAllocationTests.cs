using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Threading.Tasks;
using GoAround.Core.Hosting;
using GoAround.Core.Tests.Pool;
using Xunit;
using Xunit.Abstractions;

namespace GoAround.Core.Tests.Load;

/// <summary>What a call of an HttpClient allocates, which is mostly HttpClient's own: messages, field values as text, tasks.</summary>
[Collection(Alone.Name)]
public sealed class OutgoingAllocationTests(ITestOutputHelper output)
{
    private const int Calls = 500;
    private const int Rounds = 15;

    private static readonly byte[] Response = "HTTP/1.1 200 OK\r\nDate: Sun, 22 Nov 2026 12:00:00 GMT\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, world!"u8.ToArray();

    [OptimizedTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Call_allocates_no_more_than_over_the_frameworks_handler(bool isBuffered)
    {
        using FixedBackend backend = new(Response);
        await using ScriptedBackends health = new();
        using HttpMessageInvoker theirs = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false });
        using HttpMessageInvoker ours = new HttpClient(new BalancingHttpHandler(
            options => options.Backends.Add(backend.Address), new BalancerParts { HealthMonitor = health }));
        Uri target = new(backend.Address);
        List<double> measuredTheirs = [];
        List<double> measuredOurs = [];
        for (int round = 0; round < 2 * Rounds; round++)
        {
            measuredTheirs.Add(await MeasureAsync((HttpClient)theirs, target, isBuffered));
            measuredOurs.Add(await MeasureAsync((HttpClient)ours, target, isBuffered));
        }

        double usualOfTheirs = MedianOf(measuredTheirs);
        double usualOfOurs = MedianOf(measuredOurs);
        output.WriteLine($"bytes a call: {usualOfOurs:0}, over SocketsHttpHandler {usualOfTheirs:0}");
        Assert.True(usualOfOurs <= usualOfTheirs, $"{usualOfOurs} bytes a call, over SocketsHttpHandler {usualOfTheirs}");
    }

    /// <summary>Of the second half: the first one is compiled meanwhile. The least would be that of the luckiest moment, in which an answer was there at once.</summary>
    private static double MedianOf(List<double> measured) => measured.Skip(Rounds).Order().ElementAt(Rounds / 2);

    private static async Task<double> MeasureAsync(HttpClient client, Uri target, bool isBuffered)
    {
        byte[] content = new byte[64];
        long before = GC.GetTotalAllocatedBytes(precise: true);
        for (int i = 0; i < Calls; i++)
        {
            using HttpRequestMessage request = new(HttpMethod.Get, target);
            using HttpResponseMessage response = await client.SendAsync(
                request, isBuffered ? HttpCompletionOption.ResponseContentRead : HttpCompletionOption.ResponseHeadersRead);
            await using System.IO.Stream stream = await response.Content.ReadAsStreamAsync();
            while (await stream.ReadAsync(content) > 0)
            {
            }
        }

        return (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)Calls;
    }
}
