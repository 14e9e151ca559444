using System.Linq;
using GoAround.Core.Pool;
using Xunit;
using static GoAround.Core.Tests.Pool.PoolScene;

namespace GoAround.Core.Tests.Pool;

/// <summary>A policy alone, without the test kit: what it is asked is made up, and no pool is there to ask it.</summary>
public sealed class LeastRequestsTests
{
    private readonly LeastRequests _policy = new();
    private readonly ProxyRequest _request = new();

    [Theory]
    [InlineData(3, 8, 2, 8, 1)]
    [InlineData(3, 8, 2, 4, 0)]
    [InlineData(0, 1, 1, 256, 0)]
    [InlineData(65535, 65535, 65534, 65535, 1)]
    public void Least_for_what_it_may_carry_is_chosen(int inFlightOfA, int limitOfA, int inFlightOfB, int limitOfB, int chosen)
    {
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal(chosen, _policy.Choose(_request, [new(A, inFlightOfA, limitOfA), new(B, inFlightOfB, limitOfB)]));
        }
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(256, 256, 256)]
    [InlineData(3, 2, 1)]
    [InlineData(256, 85, 1)]
    public void Tied_ones_take_turns_as_often_as_their_limits_say(int a, int b, int c)
    {
        int[] counts = new int[3];
        int last = -1;
        int inARow = 0;
        for (int i = 0; i < 12_000; i++)
        {
            int chosen = _policy.Choose(_request, [new(A, 0, a), new(B, 0, b), new(C, 0, c)]);
            counts[chosen]++;
            inARow = chosen == last ? inARow + 1 : 1;
            last = chosen;
            Assert.True(a != c || inARow <= 2);
        }

        double unit = 12_000.0 / (a + b + c);
        Assert.InRange(counts[0], (a * unit) - 5, (a * unit) + 5);
        Assert.InRange(counts[1], (b * unit) - 5, (b * unit) + 5);
        Assert.InRange(counts[2], (c * unit) - 5, (c * unit) + 5);
    }

    [Fact]
    public void Only_the_tied_take_turns()
    {
        int[] chosen = [.. Enumerable.Range(0, 100).Select(_ => _policy.Choose(_request, [new(A, 2, 4), new(B, 1, 4), new(C, 1, 4)]))];
        Assert.Equal([1, 2], chosen.Distinct().Order());
    }
}
