using System.Linq;
using GoAround.Cli.Flags;
using GoAround.Core.Hosting;
using Microsoft.Extensions.Logging;
using Xunit;

namespace GoAround.Cli.Tests.Flags;

public sealed class FlagSpellingTests
{
    public static TheoryData<string> FlagsWithValues => [.. FlagTable.All.Where(flag => flag.Argument is not null).Select(flag => flag.Name)];

    public static TheoryData<string> Switches => [.. FlagTable.All.Where(flag => flag.Argument is null).Select(flag => flag.Name)];

    [Theory]
    [MemberData(nameof(FlagsWithValues))]
    public void Every_spelling_of_a_flag_means_the_same(string name)
    {
        string[] expected = [.. FlagSpelling.Normalise(["-" + name, "http://a=b"])];

        Assert.Single(expected);
        Assert.Equal(expected, FlagSpelling.Normalise(["--" + name, "http://a=b"]));
        Assert.Equal(expected, FlagSpelling.Normalise(["-" + name + "=http://a=b"]));
        Assert.Equal(expected, FlagSpelling.Normalise(["--" + name + "=http://a=b"]));
        string? parsed = typeof(FlagValues).GetProperties()
            .Select(property => property.GetValue(FlagParser.Parse(["-" + name, "http://a=b"])) as string).Single(value => value is not null);
        Assert.Equal("http://a=b", parsed);
    }

    [Theory]
    [MemberData(nameof(Switches))]
    public void Every_switch_is_taken_with_one_dash_and_with_two(string name)
    {
        foreach (string dashes in (string[])["-", "--"])
        {
            FlagValues values = FlagParser.Parse([dashes + name]);
            Assert.Single(typeof(FlagValues).GetProperties(), property => property.GetValue(values) is true);
        }
    }

    [Fact]
    public void Each_field_that_is_parsed_is_a_flag_of_the_table() =>
        Assert.Equal(FlagTable.All.Count, typeof(FlagValues).GetProperties().Length);

    [Fact]
    public void Backends_may_be_repeated_and_listed()
    {
        Settings settings = Settings.From(FlagParser.Parse(["-b", "http://a", "-b=http://b:81,https://c/base", "--b", "http://d"]));

        Assert.Equal(["http://a", "http://b:81", "https://c/base", "http://d"], settings.Backends.Select(backend => backend.Address));
    }

    [Fact]
    public void Trusted_proxies_may_be_repeated_and_listed()
    {
        GoAroundOptions options = new();
        Settings.From(FlagParser.Parse(["-trusted-proxies", "10.0.0.0/8, ::1", "-p=0", "-trusted-proxies=192.0.2.1"])).Apply(options);

        Assert.Equal(["10.0.0.0/8", "::1", "192.0.2.1"], options.Server.TrustedProxies);
    }

    [Fact]
    public void Values_reach_the_settings()
    {
        Settings settings = Settings.From(FlagParser.Parse(["-prometheus-port", "off", "-control-socket=off", "-log-level", "warn", "-log-format=json"]));

        Assert.Null(settings.PrometheusPort);
        Assert.Null(settings.ControlSocket);
        Assert.Equal((LogLevel.Warning, LogFormat.Json), (settings.LogLevel, settings.LogFormat));
    }

    [Fact]
    public void Without_flags_everything_has_its_default()
    {
        Settings settings = Settings.From(FlagParser.Parse([]));
        GoAroundOptions options = new();
        settings.Apply(options);

        Assert.Equal((3000, 256), (options.Server.Port, options.Pool.ConnectionsPerBackend));
        Assert.Equal((8080, "/tmp/goaround.sock"), (settings.PrometheusPort, settings.ControlSocket));
        Assert.Empty(settings.Backends);
        Assert.Null(options.Server.Certificate);
    }

    [Fact]
    public void Help_shows_every_flag_with_its_default_and_fits_a_terminal()
    {
        string help = HelpText.Make();
        foreach (Flag flag in FlagTable.All)
        {
            int at = help.IndexOf($"\n       -{flag.Name}{(flag.Argument is null ? "" : " " + flag.Argument)}\n", System.StringComparison.Ordinal);
            Assert.True(at > 0, flag.Name);
            Assert.True(flag.Argument is null || help.IndexOf($"Default: {flag.Default}", at, System.StringComparison.Ordinal) > at, flag.Name);
        }

        foreach (FlagGroup group in FlagTable.Groups)
        {
            Assert.Contains($"\n   {group.Title}\n\n", help, System.StringComparison.Ordinal);
        }

        foreach (string section in (string[])["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "CONTROL SOCKET", "METRICS", "SIGNALS", "EXIT STATUS", "EXAMPLES"])
        {
            Assert.Contains($"{section}\n", help, System.StringComparison.Ordinal);
        }

        Assert.All(help.Split('\n'), line => Assert.True(line.Length <= 90, line));
    }

    [Theory]
    [InlineData("-p: a value is missing: a port in 0..65535", "-p")]
    [InlineData("-p: a value is missing: a port in 0..65535", "-p", "-b", "http://a")]
    [InlineData("-p: a value is missing: a port in 0..65535", "-p=")]
    [InlineData("-p: '99999' is not allowed: a port in 0..65535", "-p", "99999")]
    [InlineData("-p: '-5' is not allowed: a port in 0..65535", "-p", "-5")]
    [InlineData("-p: '1e3' is not allowed: a port in 0..65535", "--p=1e3")]
    [InlineData("-p: not allowed twice: it is given once", "-p", "1", "--p=1")]
    [InlineData("-demo: not allowed twice: it is given once", "-demo", "-demo")]
    [InlineData("-demo: 'on' is not allowed: it takes no value", "-demo=on")]
    [InlineData("-n: '0' is not allowed: a whole number in 1..65535", "-n", "0")]
    [InlineData("-max-queue: '1000001' is not allowed: a whole number in 0..1000000", "-max-queue", "1000001")]
    [InlineData("-cache: '64MB' is not allowed: it takes no value", "--cache=64MB")]
    [InlineData("-cache-size: '64MB' is not allowed: a size in 1m..1024g, such as 64m", "-cache-size", "64MB")]
    [InlineData("-cache-max-object: '512' is not allowed: a size in 1k..1g, such as 64m", "-cache-max-object", "512")]
    [InlineData("-cache-ttl: 'off' is not allowed: a duration in 0..24d, such as 500ms, 10s or 2m", "-cache-ttl", "off")]
    [InlineData("-cache-control-field: 'a b' is not allowed: a field name of 1..64 bytes", "-cache-control-field", "a b")]
    [InlineData("--cert: not allowed: there is no such flag; see goaround -h", "--cert", "x")]
    [InlineData("'x' is not allowed: there are only flags and their values; see goaround -h", "-p", "80", "x")]
    [InlineData("-bind: 'localhost' is not allowed: an IPv4 or IPv6 address", "-bind", "localhost")]
    [InlineData("-bind: '1' is not allowed: an IPv4 or IPv6 address", "-bind", "1")]
    [InlineData("-bind: '0127.0.0.1' is not allowed: an IPv4 or IPv6 address", "-bind", "0127.0.0.1")]
    [InlineData("-bind: '[::1]:3000' is not allowed: an IPv4 or IPv6 address", "-bind", "[::1]:3000")]
    [InlineData("-health-path: 'up' is not allowed: a path that starts with a slash and has no spaces", "-health-path", "up")]
    [InlineData("-health-interval: '99ms' is not allowed: a duration in 100ms..1h, such as 500ms, 10s or 2m", "-health-interval", "99ms")]
    [InlineData("-queue-timeout: '61m' is not allowed: a duration in 1ms..1h, such as 500ms, 10s or 2m", "-queue-timeout", "61m")]
    [InlineData("-dial-timeout: '5 parsecs' is not allowed: a duration in 1ms..24d, such as 500ms, 10s or 2m", "-dial-timeout", "5 parsecs")]
    [InlineData("-shutdown-timeout: 's' is not allowed: a duration in 0..24d, such as 500ms, 10s or 2m", "-shutdown-timeout", "s")]
    [InlineData("-tunnel-timeout: '25d' is not allowed: a duration in 1ms..24d, such as 500ms, 10s or 2m", "-tunnel-timeout", "25d")]
    [InlineData("-max-head: '2m' is not allowed: a size in 1k..1m, such as 16k", "-max-head", "2m")]
    [InlineData("-max-head: '64kb' is not allowed: a size in 1k..1m, such as 16k", "-max-head", "64kb")]
    [InlineData("-max-body: '9223372036854775807k' is not allowed: a size of 0 or more, such as 64k, 10m or 2g, or 'off'", "-max-body", "9223372036854775807k")]
    [InlineData("-max-requests: '0' is not allowed: a whole number in 1..2147483647, or 'off'", "-max-requests", "0")]
    [InlineData("-retry-budget: '1.01' is not allowed: a number in 0..1, such as 0.2", "-retry-budget", "1.01")]
    [InlineData("-trusted-proxies: '10.0.0.0/33' is not allowed: an address, or a network such as 10.0.0.0/8", "-trusted-proxies", "::1,10.0.0.0/33")]
    [InlineData("-trusted-proxies: '' is not allowed: an address, or a network such as 10.0.0.0/8", "-trusted-proxies", "::1,")]
    [InlineData("-trusted-proxies: '1' is not allowed: an address, or a network such as 10.0.0.0/8", "-trusted-proxies", "1")]
    [InlineData("-trusted-proxies: '0x7f.0.0.1' is not allowed: an address, or a network such as 10.0.0.0/8", "-trusted-proxies", "0x7f.0.0.1")]
    [InlineData("-trusted-proxies: '10/8' is not allowed: an address, or a network such as 10.0.0.0/8", "-trusted-proxies", "10/8")]
    [InlineData("-trusted-proxies: '012.0.0.0/8' is not allowed: an address, or a network such as 10.0.0.0/8", "-trusted-proxies", "012.0.0.0/8")]
    [InlineData("-forwarded: 'on' is not allowed: x-forwarded, forwarded, both or off", "-forwarded", "on")]
    [InlineData("-via: 'responses' is not allowed: off, requests or both", "-via", "responses")]
    [InlineData("-proxy-name: 'a b' is not allowed: a token of 1..64 bytes: letters, digits and !#$%&'*+-.^_`|~", "-proxy-name", "a b")]
    [InlineData("-prometheus-port: 'none' is not allowed: a port in 0..65535, or 'off'", "-prometheus-port", "none")]
    [InlineData("-prometheus-port: '3001' is not allowed: it is the port of -p: the metrics need one of their own, or 'off'", "-p", "3001", "-prometheus-port", "3001")]
    [InlineData("-prometheus-port: '8080' is not allowed: it is the port of -p: the metrics need one of their own, or 'off'", "-p", "8080")]
    [InlineData("-log-level: 'loud' is not allowed: trace, debug, info, warn or error", "-log-level", "loud")]
    [InlineData("-log-format: 'JSON' is not allowed: text or json", "-log-format", "JSON")]
    [InlineData("-b: 'a\nb' is not allowed:", "-b", "a\nb")]
    [InlineData("-b: '' is not allowed: a backend address is empty; it must look like http://host:port", "-b", "http://a,,http://b")]
    public void Bad_flag_is_one_line_that_names_flag_value_and_what_is_allowed(string line, params string[] arguments)
    {
        FlagException refused = Assert.Throws<FlagException>(() => Settings.From(FlagParser.Parse(arguments)));

        Assert.StartsWith(line.Replace('\n', '?'), refused.Message, System.StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    [Fact]
    public void Control_socket_path_that_a_socket_cannot_have_is_refused() =>
        Assert.Throws<FlagException>(() => Settings.From(FlagParser.Parse(["-control-socket", "/" + new string('a', 107)])));
}
