using System;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Outgoing;

public sealed class OutgoingStressTests
{
    [Theory]
    [InlineData("http")]
    [InlineData("https")]
    public async Task Responses_that_are_dropped_at_any_moment_leave_nothing_behind_and_mix_nothing_up(string scheme)
    {
        using ScriptedBackend backend = new ScriptedBackend(scheme).Serve(async link =>
        {
            if (scheme == "https")
            {
                await link.StartTlsAsServerAsync(TestCertificates.Local);
            }

            while (await link.TryReadHeadAsync() is { } head)
            {
                string body = new(head.Split('/')[1][0], 3000); // the first letter of the target
                await link.SendAsync($"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nbb8\r\n{body[..1500]}");
                await link.SendAsync($"{body[1500..]}\r\n0\r\n\r\n");
            }
        });
        await using OutgoingFixture fixture = new(
            options =>
            {
                options.Pool.ConnectionsPerBackend = 4;
                options.Upstream.TrustedRoots.Add(TestCertificates.Root);
            },
            null,
            backend);
        int whole = 0;
        await Parallel.ForAsync(0, 6, async (worker, _) =>
        {
            Random random = new(worker);
            char letter = (char)('a' + worker);
            for (int i = 0; i < 100; i++)
            {
                whole += await TakeAsync(fixture.Client, letter, random.Next(5)) ? 1 : 0;
            }
        });
        await fixture.UntilNothingIsInFlightAsync();
        Assert.True(whole > 0);
        Assert.True(await TakeAsync(fixture.Client, 'z', 0));
    }

    /// <summary>Gets a response and does one of five things with it; true: it was read whole.</summary>
    private static async Task<bool> TakeAsync(HttpClient client, char letter, int what)
    {
        HttpResponseMessage response = await client.GetAsync($"/{letter}", HttpCompletionOption.ResponseHeadersRead).WaitAsync(WireEnd.Patience);
        if (what == 0)
        {
            Assert.Equal(new string(letter, 3000), await response.Content.ReadAsStringAsync().WaitAsync(WireEnd.Patience));
            return true;
        }

        if (what == 1)
        {
            response.Dispose();
            return false;
        }

        Stream stream = await response.Content.ReadAsStreamAsync();
        byte[] received = new byte[4000];
        using CancellationTokenSource stop = new();
        Task<int> read = stream.ReadAtLeastAsync(received, 3000, cancellationToken: stop.Token).AsTask();
        Task ending = what switch
        {
            2 => stop.CancelAsync(),
            3 => Task.Run(response.Dispose),
            _ => stream.DisposeAsync().AsTask(),
        };
        await ending.WaitAsync(WireEnd.Patience);
        try
        {
            int count = await read.WaitAsync(WireEnd.Patience);
            Assert.True(received.Take(count).All(one => one == letter), Encoding.ASCII.GetString(received, 0, count));
        }
        catch (Exception error) when (error is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // It was ended, as was meant.
        }

        await stream.DisposeAsync();
        return false;
    }
}
