using System.Collections.Generic;
using System.Linq;
using GoAround.Core.Pool;
using Xunit;

namespace GoAround.Core.Tests.Pool;

/// <summary>A pure function, without the test kit: there is nothing to run.</summary>
public sealed class SlotShuffleTests
{
    [Fact]
    public void Lists_of_one_length_take_turns() => Assert.Equal("abcabcabc", Merge("aaa", "bbb", "ccc"));

    [Fact]
    public void Shorter_list_is_spread_over_the_longer() => Assert.Equal("aabaaaabaa", Merge("aaaaaaaa", "bb"));

    [Fact]
    public void Empty_lists_add_nothing() => Assert.Equal("aa", Merge("", "aa", ""));

    [Theory]
    [InlineData(256, 100)]
    [InlineData(7, 300)]
    [InlineData(1, 256)]
    public void Every_prefix_is_in_proportion(int first, int second)
    {
        string merged = Merge(new string('a', first), new string('b', second));
        for (int length = 1; length <= merged.Length; length++)
        {
            double due = (double)first * length / merged.Length;
            Assert.InRange(merged.Take(length).Count(one => one == 'a'), due - 1, due + 1);
        }
    }

    private static string Merge(params string[] lists) =>
        string.Concat(SlotShuffle.Merge<char>([.. lists.Select(list => (IReadOnlyList<char>)list.ToList())]));
}
