using System.IO;
using System.Net.Http;
using System.Threading.Tasks;
using GoAround.Core.Sockets;
using GoAround.Core.Tests.Sockets;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Outgoing;

public sealed class OutgoingThreadTests
{
    [PolledFact]
    public Task Code_of_the_application_never_runs_on_a_thread_that_polls() => Task.Run(async () =>
    {
        using ScriptedBackend backend = new();
        await using OutgoingFixture fixture = new(backend);
        for (int i = 0; i < 20; i++)
        {
            using HttpRequestMessage request = new(HttpMethod.Put, "/") { Content = new ObservedContent() };
            Task<HttpResponseMessage> send = AskAsync(fixture.Client, request);
            using WireEnd link = await backend.AcceptAsync();
            await link.ReadUntilAsync("0\r\n\r\n");
            await link.SendAsync("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\n");
            using HttpResponseMessage response = await send;
            Task<int> read = ReadAsync(response);
            await link.SendAsync("done");
            Assert.Equal(4, await read);
        }
    });

    private static async Task<HttpResponseMessage> AskAsync(HttpClient client, HttpRequestMessage request)
    {
        HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).ConfigureAwait(false);
        Assert.False(Poller.IsCurrent);
        return response;
    }

    private static async Task<int> ReadAsync(HttpResponseMessage response)
    {
        Stream stream = await response.Content.ReadAsStreamAsync().ConfigureAwait(false);
        int count = await stream.ReadAtLeastAsync(new byte[4], 4).ConfigureAwait(false);
        Assert.False(Poller.IsCurrent);
        return count;
    }

    private sealed class ObservedContent : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context)
        {
            for (int i = 0; i < 3; i++)
            {
                Assert.False(Poller.IsCurrent);
                await stream.WriteAsync(new byte[200_000]).ConfigureAwait(false);
            }

            Assert.False(Poller.IsCurrent);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
