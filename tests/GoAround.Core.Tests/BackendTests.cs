using System;
using Xunit;

namespace GoAround.Core.Tests;

public sealed class BackendTests
{
    [Theory]
    [InlineData("http://a:8080", "http://a:8080", 1)]
    [InlineData("http://a:8080 weight=3", "http://a:8080", 3)]
    [InlineData("  https://A/x/ \t weight=256 ", "https://a/x", 256)]
    [InlineData("http://a weight=1", "http://a", 1)]
    public void Entry_is_an_address_and_maybe_a_weight(string text, string address, int weight)
    {
        Backend backend = Backend.Parse(text);
        Assert.Equal((address, weight, address), (backend.Address, backend.Weight, backend.ToString()));
    }

    [Theory]
    [InlineData("http://a weight=0", "weight=0")]
    [InlineData("http://a weight=257", "weight=257")]
    [InlineData("http://a weight=-1", "weight=-1")]
    [InlineData("http://a weight= 3", "weight= 3")]
    [InlineData("http://a weight=3 weight=3", "weight=3 weight=3")]
    [InlineData("http://a Weight=3", "Weight=3")]
    [InlineData("http://a down", "down")]
    [InlineData("http://a b", "b")]
    public void What_follows_the_address_and_is_no_weight_is_refused(string text, string tail)
    {
        Assert.False(Backend.TryParse(text, out Backend? backend, out string? problem));
        Assert.Null(backend);
        Assert.Equal($"backend address '{text}' has '{tail}' behind its URL: only weight=1..256 may stand there", problem);
    }

    [Fact]
    public void Weight_is_no_part_of_the_identity()
    {
        Backend light = Backend.Parse("http://a:80");
        Backend heavy = light.WithWeight(7);
        Assert.Equal((1, 7), (light.Weight, heavy.Weight));
        Assert.Equal(light, heavy);
        Assert.Equal(light.GetHashCode(), heavy.GetHashCode());
        Assert.Equal((light.Authority, light.Host, light.Port), (heavy.Authority, heavy.Host, heavy.Port));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(257)]
    public void Weight_out_of_range_is_refused(int weight) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Backend.Parse("http://a").WithWeight(weight));
}
