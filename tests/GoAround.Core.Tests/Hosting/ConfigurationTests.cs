using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Reflection;
using System.Security.Cryptography.X509Certificates;
using GoAround.Core.Hosting;
using GoAround.Core.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Xunit;

namespace GoAround.Core.Tests.Hosting;

public sealed class ConfigurationTests
{
    public static TheoryData<string> Keys => [.. SettingTable.Fixed.Select(setting => setting.Key)];

    [Fact]
    public void Every_property_but_certificates_is_a_setting()
    {
        string[] properties = [.. PropertiesOf(typeof(GoAroundOptions), "").Order(StringComparer.Ordinal)];
        Assert.Equal(properties, SettingTable.Fixed.Append(SettingTable.Backends).Select(setting => setting.Key).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void Setting_sets_its_property_and_no_other(string key)
    {
        string text = Other(key);
        bool isList = key == "Server:TrustedProxies";
        GoAroundOptions options = Bind((isList ? key + ":0" : key, text));
        GoAroundOptions defaults = new();
        string changed = Assert.Single(SettingTable.Fixed, setting => setting.Show(options) != setting.Show(defaults)).Key;
        Assert.Equal(key, changed);
        object property = key.Split(':').Aggregate((object)options, (owner, name) => owner.GetType().GetProperty(name)!.GetValue(owner)!);
        Assert.Equal(text, property is IList<string> list ? string.Join(',', list) : Convert.ToString(property, System.Globalization.CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("00:00:10", 10_000)]
    [InlineData("1.00:00:00", 86_400_000)]
    [InlineData("0:0:0.5", 500)]
    [InlineData("500ms", 500)]
    [InlineData("10s", 10_000)]
    [InlineData("1.5m", 90_000)]
    [InlineData("1h", 3_600_000)]
    [InlineData("7d", 604_800_000)]
    [InlineData("0", 0)]
    public void Duration_is_written_as_dotnet_does_or_as_the_flags_do(string text, long milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), Bind(("FirstCheckTimeout", text)).FirstCheckTimeout);

    [Theory]
    [InlineData("1000", 1000L)]
    [InlineData("64k", 65536L)]
    [InlineData("64K", 65536L)]
    [InlineData("2m", 2L << 20)]
    [InlineData("3g", 3L << 30)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void Size_is_bytes_or_has_a_unit_and_nothing_is_no_limit(string? text, long? bytes) =>
        Assert.Equal(bytes, Bind(("Server:MaxBodyBytes", text)).Server.MaxBodyBytes);

    [Theory]
    [InlineData("Server:Port", "3000.5", "'GoAround:Server:Port' is '3000.5': it must be a whole number")]
    [InlineData("Server:Port", "", "'GoAround:Server:Port' is '': it must be a whole number")]
    [InlineData("Server:Port:Number", "1", "'GoAround:Server:Port' has keys below it: it must be a whole number")]
    [InlineData("Server", "3000", "'GoAround:Server' is '3000': it must have settings below it")]
    [InlineData("Server:Ports", "1", "'GoAround:Server:Ports' is no setting of GoAroundOptions that a configuration can hold")]
    [InlineData("Server:Certificate", "a.pem", "'GoAround:Server:Certificate' is no setting of GoAroundOptions that a configuration can hold")]
    [InlineData("Server:Address", "1", "'GoAround:Server:Address' is '1': it must be an IP address")]
    [InlineData("Server:Address", "0127.0.0.1", "'GoAround:Server:Address' is '0127.0.0.1': it must be an IP address")]
    [InlineData("Server:Address", "[::1]:3000", "'GoAround:Server:Address' is '[::1]:3000': it must be an IP address")]
    [InlineData("Server:Via", "3", "'GoAround:Server:Via' is '3': it must be one of Off, Requests, Both")]
    [InlineData("Server:Via", "Off,Both", "'GoAround:Server:Via' is 'Off,Both': it must be one of Off, Requests, Both")]
    [InlineData("Server:MaxConnectionsPerClient", "few", "'GoAround:Server:MaxConnectionsPerClient' is 'few': it must be a whole number, or empty for no limit")]
    [InlineData("Server:MaxHeadBytes", "4g", "'GoAround:Server:MaxHeadBytes' is '4g': it must be a whole number of bytes, or 64k, 1m or 2g")]
    [InlineData("Cache:SizeBytes", "9000000000g", "'GoAround:Cache:SizeBytes' is '9000000000g': it must be a whole number of bytes, or 64k, 1m or 2g")]
    [InlineData("Cache:IsEnabled", "on", "'GoAround:Cache:IsEnabled' is 'on': it must be true or false")]
    [InlineData("Pool:RetryBudget", "20%", "'GoAround:Pool:RetryBudget' is '20%': it must be a number such as 0.2")]
    [InlineData("Pool:QueueTimeout", "10", "'GoAround:Pool:QueueTimeout' is '10': it must be a duration such as 00:00:10, 10s or 500ms")]
    [InlineData("Pool:QueueTimeout", "1e300s", "'GoAround:Pool:QueueTimeout' is '1e300s': it must be a duration such as 00:00:10, 10s or 500ms")]
    [InlineData("Pool:QueueTimeout", "25:00:00", "'GoAround:Pool:QueueTimeout' is '25:00:00': it must be a duration such as 00:00:10, 10s or 500ms")]
    [InlineData("Backends", "http://a,http://b", "'GoAround:Backends' is 'http://a,http://b': it must be a list, as in 'GoAround:Backends:0'")]
    [InlineData("Backends:0:Address", "http://a", "'GoAround:Backends:0' is no text: each entry of a list must be")]
    public void Wrong_setting_is_named_with_its_value(string key, string value, string message) =>
        Assert.Equal([message], Assert.Throws<OptionsValidationException>(() => Bind((key, value))).Failures);

    [Fact]
    public void Every_wrong_setting_is_named_at_once()
    {
        OptionsValidationException wrong = Assert.Throws<OptionsValidationException>(() => Bind(("Server:Port", "x"), ("Backend", "http://a"), ("Pool:MaxQueue", "y")));
        Assert.Equal(3, wrong.Failures.Count());
    }

    [Fact]
    public void Keys_are_read_in_any_case_and_what_is_null_is_the_default()
    {
        GoAroundOptions options = Bind(("server:port", "3001"), ("POOL", null), ("Pool:MaxQueue", null), ("Server:via", "both"));
        Assert.Equal((3001, 1024, ViaMode.Both), (options.Server.Port, options.Pool.MaxQueue, options.Server.Via));
    }

    [Fact]
    public void Section_wins_over_code_and_its_list_takes_the_place_of_the_one_in_code()
    {
        ChangingSource source = new(("Backends:0", "http://a"), ("Server:Port", "3001"));
        GoAroundOptions options = Bind(source, options =>
        {
            options.Backends.Add("http://code");
            options.Server.Port = 3002;
            options.Pool.MaxQueue = 7;
        });
        Assert.Equal(["http://a"], options.Backends);
        Assert.Equal((3001, 7), (options.Server.Port, options.Pool.MaxQueue));
    }

    [Theory]
    [InlineData("", 0)] // [] in a file
    [InlineData(null, 1)] // null in a file
    public void Empty_list_empties_the_one_in_code_and_none_keeps_it(string? text, int count) =>
        Assert.Equal(count, Bind(new ChangingSource(("Backends", text)), options => options.Backends.Add("http://code")).Backends.Count);

    private static GoAroundOptions Bind(params (string Key, string? Value)[] settings) => Bind(new ChangingSource(settings), null);

    private static GoAroundOptions Bind(ChangingSource source, Action<GoAroundOptions>? configure)
    {
        ServiceCollection services = new();
        services.AddGoAround(source.Section, configure);
        using ServiceProvider provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptions<GoAroundOptions>>().Value;
    }

    private static IEnumerable<string> PropertiesOf(Type type, string prefix)
    {
        foreach (PropertyInfo property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (property.PropertyType == typeof(X509Certificate2) || property.PropertyType == typeof(X509Certificate2Collection))
            {
                continue;
            }

            if (property.PropertyType.IsClass && property.PropertyType.Name.EndsWith("Options", StringComparison.Ordinal))
            {
                foreach (string inner in PropertiesOf(property.PropertyType, prefix + property.Name + ":"))
                {
                    yield return inner;
                }
            }
            else
            {
                yield return prefix + property.Name;
            }
        }
    }

    // A value that is allowed, and is not the default, as the framework would write it.
    private static string Other(string key)
    {
        object owner = new GoAroundOptions();
        Type type = typeof(string);
        foreach (string name in key.Split(':'))
        {
            PropertyInfo property = owner.GetType().GetProperty(name)!;
            type = property.PropertyType;
            owner = property.GetValue(owner) ?? owner;
        }

        return type switch
        {
            _ when type == typeof(bool) => "True",
            _ when type == typeof(TimeSpan) => "00:00:07",
            _ when type == typeof(double) => "0.5",
            _ when type == typeof(IPAddress) => "127.0.0.1",
            _ when type == typeof(ViaMode) => "Both",
            _ when type == typeof(ForwardedFormat) => "Both",
            _ when type == typeof(IList<string>) => "10.0.0.0/8",
            _ when key == "Server:ProxyName" || key == "Cache:TargetedField" => "other",
            _ when type == typeof(string) => "/other",
            _ when key == "Pool:MinRetries" => "2",
            _ => key.StartsWith("Cache:", StringComparison.Ordinal) ? "1048576" : "2048",
        };
    }
}
