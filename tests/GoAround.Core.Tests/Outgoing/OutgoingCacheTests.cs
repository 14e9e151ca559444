using System.IO;
using System.Net.Http;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Outgoing;

/// <summary>Calls through the cache: what is fetched for many is nobody's own, and no application may hold it up.</summary>
public sealed class OutgoingCacheTests
{
    [Theory]
    [InlineData("Cache-Control: max-age=60\r\n")] // read along with the fetch
    [InlineData("Cache-Control: no-store\r\n")] // handed over
    public async Task Application_may_block_where_its_answer_has_come(string field)
    {
        using ScriptedBackend backend = new();
        await using OutgoingFixture fixture = new(options => options.Cache.IsEnabled = true, null, backend);
        TaskCompletionSource reading = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<string> asking = ReadAsync(fixture.Client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead), reading);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync($"HTTP/1.1 200 OK\r\n{field}Content-Length: 2\r\n\r\n");
        await reading.Task.WaitAsync(WireEnd.Patience);
        await link.SendAsync("ok");
        Assert.Equal("ok", await asking.WaitAsync(WireEnd.Patience));
    }

    [Theory]
    [InlineData("Cache-Control: max-age=60\r\n")]
    [InlineData("Cache-Control: no-store\r\n")]
    public async Task Application_may_dispose_of_the_balancer_and_block_for_that_where_its_answer_has_come(string field)
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok", fields: field));
        await using OutgoingFixture fixture = new(options => options.Cache.IsEnabled = true, null, backend);
        await EndAsync(fixture.Client.GetStringAsync("/"), fixture).WaitAsync(WireEnd.Patience);
    }

    private static async Task<string> ReadAsync(Task<HttpResponseMessage> asking, TaskCompletionSource reading)
    {
        using HttpResponseMessage answer = await asking.ConfigureAwait(false);
        reading.SetResult();
        using StreamReader reader = new(answer.Content.ReadAsStream());
        return reader.ReadToEnd();
    }

    private static async Task EndAsync(Task<string> asking, OutgoingFixture fixture)
    {
        Assert.Equal("ok", await asking.ConfigureAwait(false));
        fixture.Balancer.DisposeAsync().AsTask().GetAwaiter().GetResult(); // as the disposal of a host does
    }
}
