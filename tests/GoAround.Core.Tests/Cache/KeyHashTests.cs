using System.Linq;
using System.Text;
using GoAround.Core.Cache;
using Xunit;

namespace GoAround.Core.Tests.Cache;

public sealed class KeyHashTests
{
    // Python 3.11 with PYTHONHASHSEED=0: SipHash-1-3 under a key of zeros.
    [Theory]
    [InlineData("a", 0x407448d2b89b1813)]
    [InlineData("abcdefg", 0x6db12aae9070f506)]
    [InlineData("abcdefgh", 0x3f7b849c0b8e35ea)]
    [InlineData("http://www.example.com/", 0x55f29d538254d90a)]
    [InlineData("http://www.example.com/index.html?x=1", 0xfd9e38689ae79659)]
    public void It_is_the_SipHash_of_another_implementation(string text, ulong expected) =>
        Assert.Equal(expected, new KeyHash(0, 0).Of(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void Another_secret_gives_other_buckets()
    {
        byte[][] keys = [.. Enumerable.Range(0, 1000).Select(i => Encoding.ASCII.GetBytes($"http://h/{i}"))];
        KeyHash one = KeyHash.Create();
        KeyHash other = KeyHash.Create();

        Assert.InRange(keys.Count(key => (one.Of(key) & 1023) == (other.Of(key) & 1023)), 0, 50);
    }
}
