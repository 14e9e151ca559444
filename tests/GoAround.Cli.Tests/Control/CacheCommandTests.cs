using System.Threading;
using System.Threading.Tasks;
using GoAround.Cli.Control;
using GoAround.Core;
using GoAround.Core.Observability;
using NSubstitute;
using Xunit;

namespace GoAround.Cli.Tests.Control;

public class CacheCommandTests
{
    private readonly ICachePurge _cache = Substitute.For<ICachePurge>();
    private readonly CacheCommand _command;

    public CacheCommandTests()
    {
        _cache.Usage.Returns(new CacheUsage(1, 5000, 1 << 20, 7));
#pragma warning disable CA2012 // NSubstitute names a call by making it
        _cache.PurgeAsync("http://a.example/x?y=1", Arg.Any<CancellationToken>()).Returns(new ValueTask<int>(1));
        _cache.PurgeAsync("nonsense", Arg.Any<CancellationToken>()).Returns(new ValueTask<int>(-1));
        _cache.PurgeTagAsync("blue shoes", Arg.Any<CancellationToken>()).Returns(new ValueTask<int>(2));
        _cache.PurgeAllAsync(Arg.Any<CancellationToken>()).Returns(new ValueTask<int>(0));
#pragma warning restore CA2012
        _command = new CacheCommand(_cache, () => new CacheCounts(10, 3, 1, 2, 4, 5));
    }

    [Theory]
    [InlineData("purge http://a.example/x?y=1", "ok 1 response purged")]
    [InlineData("  purge \t http://a.example/x?y=1 ", "ok 1 response purged")]
    [InlineData("purge tag blue shoes", "ok 2 responses purged")]
    [InlineData("purge all", "ok 0 responses purged")]
    [InlineData("purge", "error: 'purge URL', 'purge tag NAME' and 'purge all' are understood, nothing purged")]
    [InlineData("purge tag", "error: 'purge URL', 'purge tag NAME' and 'purge all' are understood, nothing purged")]
    [InlineData("purge all of it", "error: 'purge URL', 'purge tag NAME' and 'purge all' are understood, nothing purged")]
    [InlineData("purge http://a http://b", "error: 'purge URL', 'purge tag NAME' and 'purge all' are understood, nothing purged")]
    [InlineData("purge nonsense", "error: 'nonsense' is no http or https URL; 'purge URL', 'purge tag NAME' and 'purge all' are understood, nothing purged")]
    [InlineData("cache", "ok 1 response, 5000 of 1048576 bytes, 7 evicted; 10 hit, 3 miss, 1 stale, 2 revalidated, 4 coalesced, 5 bypass")]
    [InlineData("cache off", "error: 'cache' stands alone")]
    public async Task Command_is_answered_with_what_came_of_it(string line, string answer)
    {
        Assert.True(CacheCommand.IsOne(line));
        Assert.Equal(answer, await _command.ApplyAsync(line, default));
    }

    [Theory]
    [InlineData("http://purge")]
    [InlineData("cache.example:80")]
    [InlineData("purgeall")]
    [InlineData("")]
    public void List_of_backends_is_no_command(string line) => Assert.False(CacheCommand.IsOne(line));

    [Theory]
    [InlineData("cache")]
    [InlineData("purge all")]
    public async Task Without_a_cache_the_answer_says_so(string line) =>
        Assert.Equal("error: there is no cache: start goaround with -cache", await new CacheCommand(null, () => default).ApplyAsync(line, default));
}
