using System;
using System.Globalization;
using System.Threading.Tasks;
using Xunit;

namespace GoAround.Cli.Tests.EndToEnd;

/// <summary>The built binary with <c>-cache</c>, asked by curl and nc as a user would.</summary>
[Collection(nameof(OneByOne))]
public class CacheTests
{
    private const string Fresh = "/page?field=Cache-Control:max-age=60";

    // Fresh for a second when it comes.
    private const string Brief = "/page?field=Cache-Control:max-age=60&field=Age:59";

    [Fact]
    public async Task Second_request_is_answered_from_the_store_and_so_is_head()
    {
        await using BackendProcess backend = await BackendProcess.StartAsync("a");
        await using BalancerProcess balancer = await BalancerProcess.StartAsync([backend], "-cache");
        string first = await GetAsync(balancer, Fresh);
        string second = await GetAsync(balancer, Fresh);
        string head = await GetAsync(balancer, Fresh, "-I");

        Assert.Contains("\nCache-Status: goaround; fwd=uri-miss; stored", first, StringComparison.Ordinal);
        Assert.All((string[])[second, head], answer =>
        {
            Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
            Assert.Contains("\nCache-Status: goaround; hit; ttl=", answer, StringComparison.Ordinal);
            Assert.Contains("\nAge: ", answer, StringComparison.Ordinal);
            Assert.Contains("\nX-Backend: a\n", answer, StringComparison.Ordinal);
        });
        Assert.Equal(BodyOf(first), BodyOf(second));
        Assert.Equal("", BodyOf(head));
        Assert.Equal(1, (await backend.CountAsync()).Requests);
    }

    [Fact]
    public async Task Without_the_flag_nothing_is_stored_and_nothing_is_said_of_a_cache()
    {
        await using BackendProcess backend = await BackendProcess.StartAsync("a");
        await using BalancerProcess balancer = await BalancerProcess.StartAsync([backend]);
        await GetAsync(balancer, Fresh);

        Assert.DoesNotContain("Cache-Status", await GetAsync(balancer, Fresh), StringComparison.Ordinal);
        Assert.Equal(2, (await backend.CountAsync()).Requests);
        Assert.Equal("error: there is no cache: start goaround with -cache", await balancer.ControlAsync("cache"));
    }

    [Theory]
    [InlineData(1, "/page", "-cache-ttl", "60s")]
    [InlineData(2, "/page", "-cache-ttl", "0")]
    [InlineData(1, Fresh, "-cache-ttl", "0")]
    [InlineData(2, "/page?field=Set-Cookie:user=1")]
    [InlineData(1, "/page?field=My-Cache-Control:max-age=60&field=Cache-Control:no-store", "-cache-control-field", "My-Cache-Control")]
    [InlineData(2, "/bytes?2048&field=Cache-Control:max-age=60", "-cache-max-object", "1k")]
    public async Task Flags_decide_what_is_stored(int requests, string target, params string[] flags)
    {
        await using BackendProcess backend = await BackendProcess.StartAsync("a");
        await using BalancerProcess balancer = await BalancerProcess.StartAsync([backend], ["-cache", .. flags]);
        await GetAsync(balancer, target);
        await GetAsync(balancer, target);

        Assert.Equal(requests, (await backend.CountAsync()).Requests);
    }

    [Theory]
    [InlineData("Cookie: user=1")]
    [InlineData("Authorization: Basic dTpw")]
    public async Task Page_that_says_nothing_is_not_stored_for_a_user_who_is_known(string field)
    {
        await using BackendProcess backend = await BackendProcess.StartAsync("a");
        await using BalancerProcess balancer = await BalancerProcess.StartAsync([backend], "-cache");
        await GetAsync(balancer, "/page", "-H", field);
        await GetAsync(balancer, "/page");

        Assert.Equal(2, (await backend.CountAsync()).Requests);
    }

    [Fact]
    public async Task Purge_removes_a_url_with_its_variants_a_tag_or_everything_and_says_how_much()
    {
        const string Varied = "/v?field=Vary:Accept-Language";
        await using BackendProcess backend = await BackendProcess.StartAsync("a");
        await using BalancerProcess balancer = await BalancerProcess.StartAsync([backend], "-cache");
        await GetAsync(balancer, Varied, "-H", "Accept-Language: de");
        await GetAsync(balancer, Varied, "-H", "Accept-Language: en");
        await GetAsync(balancer, "/1?field=Surrogate-Key:blue%20red");
        await GetAsync(balancer, "/2?field=Cache-Tag:red,%20green");
        await GetAsync(balancer, "/3");

        Assert.StartsWith("ok 6 responses, ", await balancer.ControlAsync("cache"), StringComparison.Ordinal); // the marker of what varies is one
        Assert.Equal("ok 0 responses purged", await balancer.ControlAsync("purge http://elsewhere.example" + Varied));
        Assert.Equal("ok 2 responses purged", await balancer.ControlAsync(string.Create(CultureInfo.InvariantCulture, $"purge http://127.0.0.1:{balancer.Port}{Varied}")));
        Assert.Equal("ok 2 responses purged", await balancer.ControlAsync("purge tag red"));
        Assert.Equal("ok 0 responses purged", await balancer.ControlAsync("purge tag green"));
        Assert.Equal("error: 'page' is no http or https URL; 'purge URL', 'purge tag NAME' and 'purge all' are understood, nothing purged", await balancer.ControlAsync("purge page"));
        Assert.Contains("; hit", await GetAsync(balancer, "/3"), StringComparison.Ordinal);
        Assert.Equal($"ok 1 response purged\nok 1 backend, 0 added, 0 removed", await balancer.ControlAsync($"purge all\n{backend.Address}"));
        Assert.DoesNotContain("; hit", await GetAsync(balancer, "/3"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Statistics_and_metrics_tell_what_was_answered_from_where()
    {
        await using BackendProcess backend = await BackendProcess.StartAsync("a");
        await using BalancerProcess balancer = await BalancerProcess.StartAsync([backend], "-cache", "-cache-size", "64m");
        await GetAsync(balancer, Fresh);
        await GetAsync(balancer, Fresh);
        await GetAsync(balancer, Fresh);
        await GetAsync(balancer, "/p", "-d", "x");
        await GetAsync(balancer, "/private?field=Cache-Control:private");
        string statistics = await balancer.ControlAsync("cache");

        Assert.Matches(@"^ok 1 response, \d{3,} of 67108864 bytes, 0 evicted; 2 hit, 2 miss, 0 stale, 0 revalidated, 0 coalesced, 1 bypass$", statistics);
        Assert.Equal(2, await balancer.MetricAsync("goaround_cache_results_total{result=\"hit\"}"));
        Assert.Equal(2, await balancer.MetricAsync("goaround_cache_results_total{result=\"miss\"}"));
        Assert.Equal(1, await balancer.MetricAsync("goaround_cache_bypasses_total{reason=\"method\"}"));
        Assert.Equal(1, await balancer.MetricAsync("goaround_cache_bypasses_total{reason=\"forbidden\"}"));
        Assert.Equal(2, await balancer.MetricAsync("goaround_cache_age_seconds_count"));
        Assert.Equal(1, await balancer.MetricAsync("goaround_cache_responses"));
        Assert.Equal(67108864, await balancer.MetricAsync("goaround_cache_capacity_bytes"));
        Assert.True(await balancer.MetricAsync("goaround_cache_bytes") > 100);
    }

    [Theory]
    [InlineData(200, Brief, "-cache-stale", "1h")]
    [InlineData(503, Brief, "-cache-stale", "0")]
    [InlineData(503, Brief + "&field=Cache-Control:must-revalidate", "-cache-stale", "1h")]
    [InlineData(200, Brief + "&field=Cache-Control:stale-if-error=3600", "-cache-stale", "0")]
    public async Task Stale_response_is_used_when_the_backend_is_gone_as_long_as_it_may(int status, string target, params string[] flags)
    {
        await using BackendProcess backend = await BackendProcess.StartAsync("a");
        await using BalancerProcess balancer = await BalancerProcess.StartAsync([backend], ["-cache", .. flags]);
        await GetAsync(balancer, target);
        await backend.KillAsync();
        await Eventually.HoldsAsync("the backend is found down", async () => await balancer.MetricAsync($"goaround_backend_up{{backend=\"{backend.Address}\"}}") == 0);
        string answer = "";
        await Eventually.HoldsAsync("it is fresh no more", async () =>
        {
            answer = await GetAsync(balancer, target);
            return !answer.Contains("; hit; ttl=1", StringComparison.Ordinal) && !answer.Contains("; hit; ttl=0", StringComparison.Ordinal);
        });

        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.Equal(status == 200, await balancer.MetricAsync("goaround_cache_results_total{result=\"stale\"}") > 0);
    }

    private static Task<string> GetAsync(BalancerProcess balancer, string target, params string[] arguments) =>
        Command.OutputOfAsync("curl", ["-sS", "-i", .. arguments, string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{balancer.Port}{target}")]);

    // curl -I puts out the head alone; -i the body behind it.
    private static string BodyOf(string answer)
    {
        string text = answer.Replace("\r", "", StringComparison.Ordinal);
        int end = text.IndexOf("\n\n", StringComparison.Ordinal);
        return end < 0 ? "" : text[(end + 2)..];
    }
}
