using System;
using System.IO;
using System.Threading.Tasks;
using Xunit;

namespace GoAround.Cli.Tests.EndToEnd;

[Collection(nameof(OneByOne))]
public class BuildTests
{
    [Fact]
    public async Task Checksum_fits_the_binary()
    {
        Assert.Equal("bin/goaround: OK", await Command.OutputOfAsync("sha1sum", "-c", "bin/shasum"));
    }

    [Fact]
    public async Task Second_make_builds_nothing_and_says_so()
    {
        const string UpToDate = "bin/goaround is up to date";

        // A binary older than its sources must not be built anew here, under the feet of the other tests. A dry run cannot know that the
        // list of sources will turn out the same, so it is told (-o).
        Assert.True((await Command.OutputOfAsync("make", "-n", "-o", "obj/sources.txt")).Contains(UpToDate, StringComparison.Ordinal), "a source is newer than bin/goaround: run make first");
        DateTime before = File.GetLastWriteTimeUtc(Repository.Binary);

        Assert.Equal(UpToDate, await Command.OutputOfAsync("make"));
        Assert.Equal(before, File.GetLastWriteTimeUtc(Repository.Binary));
    }
}
