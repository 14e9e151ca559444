using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;
using GoAround.Cli.Flags;
using GoAround.Core.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Xunit;

namespace GoAround.Cli.Tests.Flags;

public sealed partial class OptionFlagTests
{
    // Set by a flag, but not by one of its own: what stands behind the first certificate in the file of -cacert.
    private static readonly string[] WithoutFlag = ["Server.CertificateChain"];

    // One of these is a value of each kind of flag, and not its default.
    private static readonly string[] Samples = ["0.75", "77", "7001", "77k", "77m", "127.0.0.9", "10.7.0.0/16", "both", "/seven", "seven"];

    public static TheoryData<string> OptionFlags => [.. FlagTable.All.Where(flag => flag.Apply is not null).Select(flag => flag.Name)];

    public static TheoryData<string> Ranges =>
        [.. FlagTable.All.Where(flag => flag.Apply is not null && Range().IsMatch(flag.Allowed) && flag.Argument != "NAME").Select(flag => flag.Name)];

    [Fact]
    public void Every_option_of_the_library_has_a_flag()
    {
        IEnumerable<string> flags = FlagTable.All.Select(flag => flag.Property).OfType<string>().Concat(WithoutFlag);

        Assert.Equal(CoreOptions.Paths.Order(StringComparer.Ordinal), flags.Distinct().Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(OptionFlags))]
    public void Flag_sets_its_option_and_no_other(string name)
    {
        Dictionary<string, string> before = CoreOptions.Show(new GoAroundOptions());
        GoAroundOptions options = new();
        Assert.Contains(Samples, sample => IsTaken(name, sample, options));

        string[] changed = [.. CoreOptions.Show(options).Where(option => before[option.Key] != option.Value).Select(option => option.Key)];
        Assert.Equal([Flag(name).Property ?? ""], changed);
    }

    [Theory]
    [MemberData(nameof(OptionFlags))]
    public void Default_of_a_flag_is_what_the_option_has_without_it(string name)
    {
        GoAroundOptions options = new();
        if (!Flag(name).IsList)
        {
            Assert.True(IsTaken(name, Flag(name).Default, options));
        }

        Assert.Equal(CoreOptions.Show(new GoAroundOptions()), CoreOptions.Show(options));
    }

    [Theory]
    [MemberData(nameof(Ranges))]
    public void Range_that_a_flag_tells_is_what_it_takes_and_what_the_library_takes(string name)
    {
        Flag flag = Flag(name);
        Match range = Range().Match(flag.Allowed);
        foreach (string edge in (string[])[range.Groups["min"].Value, range.Groups["max"].Value])
        {
            GoAroundOptions options = new();
            Assert.True(IsTaken(name, edge, options), edge);
            Assert.Empty(Complaints(options, flag));
        }

        (double min, double step) = Amount(flag, range.Groups["min"].Value);
        (double max, _) = Amount(flag, range.Groups["max"].Value);
        Assert.False(IsTaken(name, Written(flag, max + step), new GoAroundOptions()));
        Assert.False(min > 0 && IsTaken(name, Written(flag, min - step), new GoAroundOptions()));
        foreach (double beyond in (double[])[min - step, max + step])
        {
            if (beyond is >= int.MinValue and <= int.MaxValue)
            {
                GoAroundOptions options = new();
                CoreOptions.Set(options, flag.Property ?? "", beyond);
                Assert.Contains($"{flag.Property} (-{name}) is ", Assert.Single(Complaints(options, flag)), StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("max-connections-per-client")]
    [InlineData("max-requests")]
    [InlineData("max-body")]
    public void Off_takes_a_limit_away_again(string name)
    {
        GoAroundOptions options = new();
        Assert.True(IsTaken(name, "7", options));
        Assert.True(IsTaken(name, "off", options));

        Assert.Equal("", CoreOptions.Show(options)[Flag(name).Property ?? ""]);
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("1500", 1500)]
    [InlineData("64k", 65536)]
    [InlineData("10M", 10485760)]
    [InlineData("2g", 2147483648)]
    [InlineData("9223372036854775807", long.MaxValue)]
    public void Size_is_read_with_its_unit(string text, long bytes)
    {
        GoAroundOptions options = new();
        Assert.True(IsTaken("max-body", text, options));

        Assert.Equal(bytes, options.Server.MaxBodyBytes);
    }

    [Theory]
    [InlineData("k")]
    [InlineData("1.5m")]
    [InlineData("-1")]
    [InlineData("64kb")]
    [InlineData("9223372036854775808")]
    [InlineData("8589934592g")]
    public void Size_that_is_none_is_refused(string text) => Assert.False(IsTaken("max-body", text, new GoAroundOptions()));

    [Theory]
    [InlineData("500ms", 0.5)]
    [InlineData("1.5", 1.5)]
    [InlineData("2m", 120)]
    [InlineData("3h", 10800)]
    [InlineData("7d", 604800)]
    public void Duration_is_read_with_its_unit(string text, double seconds)
    {
        GoAroundOptions options = new();
        Assert.True(IsTaken("tunnel-timeout", text, options));

        Assert.Equal(seconds, options.Upstream.TunnelTimeout.TotalSeconds);
    }

    [GeneratedRegex(@"in (?<min>[\w.]+?)\.\.(?<max>[\w]+)")]
    private static partial Regex Range();

    private static Flag Flag(string name) => FlagTable.Find(name) ?? throw new ArgumentException($"there is no flag -{name}");

    private static bool IsTaken(string name, string text, GoAroundOptions options)
    {
        try
        {
            Flag(name).Apply?.Invoke(options, text);
            return true;
        }
        catch (FlagException e)
        {
            Assert.Equal($"-{name}: '{text}' is not allowed: {Flag(name).Allowed}", e.Message);
            return false;
        }
    }

    // What stands at an edge of a range, in what CoreOptions.Set counts in, and the least step beyond it.
    private static (double Amount, double Step) Amount(Flag flag, string edge) => flag.Argument switch
    {
        "SIZE" => (FlagReader.Size(edge, 0, long.MaxValue) ?? double.NaN, 1),
        "DURATION" => (FlagReader.Duration(edge, TimeSpan.Zero, TimeSpan.MaxValue)?.TotalMilliseconds ?? double.NaN, 0.5),
        "SHARE" => (FlagReader.Fraction(edge, 0, double.MaxValue) ?? double.NaN, 0.1),
        _ => (FlagReader.Number(edge, 0, int.MaxValue) ?? double.NaN, 1),
    };

    private static string Written(Flag flag, double amount) => FormattableString.Invariant($"{amount}{(flag.Argument == "DURATION" ? "ms" : "")}");

    // As at the start of a host: the validator is the library's own business.
    private static string[] Complaints(GoAroundOptions options, Flag flag)
    {
        ServiceCollection services = new();
        services.AddGoAround(started => CoreOptions.Copy(options, started, flag.Property ?? ""));
        using ServiceProvider provider = services.BuildServiceProvider();
        try
        {
            _ = provider.GetRequiredService<IOptions<GoAroundOptions>>().Value;
            return [];
        }
        catch (OptionsValidationException e)
        {
            return [.. e.Failures];
        }
    }
}
