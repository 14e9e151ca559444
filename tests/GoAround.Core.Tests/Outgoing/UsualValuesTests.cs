using System.Globalization;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using GoAround.Core.Outgoing;
using Xunit;

namespace GoAround.Core.Tests.Outgoing;

public sealed class UsualValuesTests
{
    private readonly UsualValues _values = new();

    [Fact]
    public void Value_that_repeats_is_the_same_text_and_a_long_one_is_made_anew()
    {
        Assert.Same(_values.Of("text/plain"u8), _values.Of("text/plain"u8));
        Assert.Same(_values.Of(12345), _values.Of("12345"u8));
        byte[] longest = Encoding.ASCII.GetBytes(new string('x', 64));
        Assert.Same(_values.Of(longest), _values.Of(longest));
        Assert.NotSame(_values.Of([.. longest, 120]), _values.Of([.. longest, 120]));
        Assert.Equal("", _values.Of([]));
        Assert.Equal("\u00e4\u00ff", _values.Of([0xe4, 0xff]));
        Assert.Equal(long.MinValue.ToString(CultureInfo.InvariantCulture), _values.Of(long.MinValue));
    }

    [Fact]
    public void Many_threads_with_values_of_one_place_get_each_their_own()
    {
        byte[][] values = [.. Enumerable.Range(0, 500).Select(i => Encoding.ASCII.GetBytes($"value {i}"))];
        Parallel.For(0, 50_000, i =>
        {
            int number = i % values.Length;
            Assert.Equal($"value {number}", _values.Of(values[number]));
        });
    }
}
