using System;
using System.Text;
using GoAround.Core.Server;
using Xunit;

namespace GoAround.Core.Tests.Server;

public sealed class ReplayBufferTests
{
    [Fact]
    public void What_was_kept_is_lent_again_once_after_each_rewind()
    {
        ReplayBuffer replay = default;
        replay.Begin(10);
        Assert.False(replay.TryLend(out _));
        replay.Keep("abc"u8);
        replay.Keep(default);
        replay.Keep("defgh"u8);
        Assert.False(replay.TryLend(out _)); // it is being read for the first time
        for (int i = 0; i < 2; i++)
        {
            Assert.True(replay.TryRewind());
            Assert.True(replay.TryLend(out ReadOnlyMemory<byte> again));
            Assert.Equal("abcdefgh", Encoding.ASCII.GetString(again.Span));
            Assert.False(replay.TryLend(out _));
        }

        replay.Keep("ij"u8);
        Assert.True(replay.TryRewind());
        Assert.True(replay.TryLend(out ReadOnlyMemory<byte> all));
        Assert.Equal("abcdefghij", Encoding.ASCII.GetString(all.Span));
        replay.Return();
    }

    [Theory]
    [InlineData(4)]
    [InlineData(0)]
    public void Body_that_outgrows_the_limit_cannot_be_rewound(int limit)
    {
        ReplayBuffer replay = default;
        replay.Begin(limit);
        Assert.True(replay.TryRewind()); // nothing was lent yet
        replay.Keep("abcde"u8);
        Assert.False(replay.TryRewind());
        replay.Return();
        replay.Begin(5);
        replay.Keep("abcde"u8);
        Assert.True(replay.TryRewind());
        replay.Stop();
        Assert.False(replay.TryRewind());
        replay.Return();
    }
}
