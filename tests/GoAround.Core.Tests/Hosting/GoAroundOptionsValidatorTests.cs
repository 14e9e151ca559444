using System;
using System.Collections.Generic;
using System.Linq;
using GoAround.Core.Hosting;
using GoAround.Core.Server;
using Microsoft.Extensions.Options;
using Xunit;

namespace GoAround.Core.Tests.Hosting;

public sealed class GoAroundOptionsValidatorTests
{
    public static TheoryData<Action<GoAroundOptions>, string> Faults => new()
    {
        { options => options.Backends.Add("ftp://x"), "Backends (-b): backend address 'ftp://x' must start with http:// or https://" },
        { options => options.Server.Port = 65536, "Server.Port (-p) is 65536: it must be in 0..65535" },
        { options => options.Server.MaxConnections = 0, "Server.MaxConnections (-max-connections) is 0: it must be in 1..10000000" },
        { options => options.Server.HeadTimeout = TimeSpan.Zero, "Server.HeadTimeout (-head-timeout) is 0 s: it must be in 0.001..2073600 s" },
        { options => options.Server.ShutdownTimeout = TimeSpan.FromSeconds(-1), "Server.ShutdownTimeout (-shutdown-timeout) is -1 s: it must be in 0..2073600 s" },
        { options => options.Server.MaxBodyBytes = -1, "Server.MaxBodyBytes (-max-body) is -1: it must be in 0..9223372036854775807" },
        { options => options.Server.MinBodyRate = -1, "Server.MinBodyRate (-min-body-rate) is -1: it must be in 0..2147483647" },
        { options => options.Server.TrustedProxies.Add("10.0.0.0/33"), "Server.TrustedProxies (-trusted-proxies) has '10.0.0.0/33': it must be a network such as 10.0.0.0/8 or an address" },
        { options => options.Server.ProxyName = "a b", "Server.ProxyName (-proxy-name) is 'a b': it must be a token of 1..64 bytes (RFC 9110 §5.6.2)" },
        { options => options.Server.Forwarded = (ForwardedFormat)4, "Server.Forwarded (-forwarded) is 4: it must be one of XForwarded, Forwarded, Both, Off" },
        { options => options.Server.Via = (ViaMode)(-1), "Server.Via (-via) is -1: it must be one of Off, Requests, Both" },
        { options => options.Pool.ConnectionsPerBackend = 70_000, "Pool.ConnectionsPerBackend (-n) is 70000: it must be in 1..65535" },
        { options => options.Pool.MaxQueue = -1, "Pool.MaxQueue (-max-queue) is -1: it must be in 0..1000000" },
        { options => options.Pool.RetryBudget = 1.5, "Pool.RetryBudget (-retry-budget) is 1.5: it must be in 0..1" },
        { options => options.Pool.RetryBudget = double.NaN, "Pool.RetryBudget (-retry-budget) is NaN: it must be in 0..1" },
        { options => options.Health.Path = "health", "Health.Path (-health-path) is 'health': it must start with a slash and hold no space, fragment or control character" },
        { options => options.Health.Interval = TimeSpan.FromDays(1), "Health.Interval (-health-interval) is 86400 s: it must be in 0.1..3600 s" },
        { options => options.Upstream.DialTimeout = TimeSpan.Zero, "Upstream.DialTimeout (-dial-timeout) is 0 s: it must be in 0.001..2073600 s" },
        { options => options.Upstream.MaxHeadBytes = 1, "Upstream.MaxHeadBytes (-backend-max-head) is 1: it must be in 1024..1048576" },
        { options => options.Cache.SizeBytes = 1024, "Cache.SizeBytes (-cache-size) is 1024: it must be in 1048576..1099511627776" },
        { options => options.Cache.MaxObjectBytes = 0, "Cache.MaxObjectBytes (-cache-max-object) is 0: it must be in 1024..1073741824" },
        { options => options.Cache.DefaultTtl = TimeSpan.FromSeconds(-1), "Cache.DefaultTtl (-cache-ttl) is -1 s: it must be in 0..2073600 s" },
        { options => options.Cache.StaleTime = TimeSpan.FromDays(25), "Cache.StaleTime (-cache-stale) is 2160000 s: it must be in 0..2073600 s" },
        { options => options.Cache.TargetedField = "CDN Control", "Cache.TargetedField (-cache-control-field) is 'CDN Control': it must be a field name of 1..64 bytes (RFC 9110 §5.1)" },
    };

    // What a program without nullable reference types may set.
    public static TheoryData<Action<GoAroundOptions>, string> Nulls => new()
    {
        { options => options.Backends.Add(null!), "Backends (-b): a backend address is empty; it must look like http://host:port" },
        { options => options.Server.Address = null!, "Server.Address (-bind) is null: it must be an IPv4 or IPv6 address" },
        { options => options.Server.TrustedProxies.Add(null!), "Server.TrustedProxies (-trusted-proxies) has null: it must be a network such as 10.0.0.0/8 or an address" },
        { options => options.Server.ProxyName = null!, "Server.ProxyName (-proxy-name) is null: it must be a token of 1..64 bytes (RFC 9110 §5.6.2)" },
        { options => options.Health.Path = null!, "Health.Path (-health-path) is null: it must start with a slash and hold no space, fragment or control character" },
        { options => options.Cache.TargetedField = null!, "Cache.TargetedField (-cache-control-field) is null: it must be a field name of 1..64 bytes (RFC 9110 §5.1)" },
    };

    [Fact]
    public void Defaults_are_accepted() => Assert.True(new GoAroundOptionsValidator().Validate(null, new GoAroundOptions()).Succeeded);

    [Theory]
    [MemberData(nameof(Faults))]
    [MemberData(nameof(Nulls))]
    public void Message_names_property_flag_value_and_range(Action<GoAroundOptions> spoil, string message)
    {
        GoAroundOptions options = new();
        spoil(options);
        Assert.Equal([message], Failures(options));
    }

    [Fact]
    public void Every_fault_is_named_at_once()
    {
        GoAroundOptions options = new();
        foreach (object[] row in Faults.Cast<object[]>())
        {
            ((Action<GoAroundOptions>)row[0])(options);
        }

        Assert.Equal(Faults.Count - 1, Failures(options).Count()); // two rows spoil the same option
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("1.2")]
    [InlineData("0x7f.1")]
    [InlineData("0x7f.0.0.1")]
    [InlineData("010.0.0.1")]
    [InlineData("10/8")]
    [InlineData("012.0.0.0/8")]
    [InlineData("[::1]:80")]
    public void Trusted_proxy_in_a_shorthand_is_refused(string text)
    {
        GoAroundOptions options = new() { Server = { TrustedProxies = { text } } };
        Assert.Equal([$"Server.TrustedProxies (-trusted-proxies) has '{text}': it must be a network such as 10.0.0.0/8 or an address"], Failures(options));
    }

    [Theory]
    [InlineData("192.0.2.1")]
    [InlineData("10.0.0.0/8")]
    [InlineData("0.0.0.0/0")]
    [InlineData("::1")]
    [InlineData("2001:db8::/32")]
    [InlineData("::ffff:10.0.0.0/104")]
    public void Trusted_proxy_written_in_full_is_accepted(string text)
    {
        GoAroundOptions options = new() { Server = { TrustedProxies = { text } } };
        Assert.True(new GoAroundOptionsValidator().Validate(null, options).Succeeded);
    }

    private static IEnumerable<string> Failures(GoAroundOptions options)
    {
        ValidateOptionsResult result = new GoAroundOptionsValidator().Validate(null, options);
        Assert.True(result.Failed);
        return result.Failures!; // there are some
    }
}
