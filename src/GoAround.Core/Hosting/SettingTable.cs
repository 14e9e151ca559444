using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.Net;
using GoAround.Core.Server;

namespace GoAround.Core.Hosting;

/// <summary>
/// Every setting that a configuration may hold, that is every property of the options but certificates and steps: a test holds it to that. A table and not the framework's
/// binder, which works by reflection, passes over a key that it does not know, and cannot tell what changed.
/// </summary>
internal static class SettingTable
{
    private const string Number = "a whole number";
    private const string Limit = "a whole number, or empty for no limit";
    private const string Size = "a whole number of bytes, or 64k, 1m or 2g";
    private const string Duration = "a duration such as 00:00:10, 10s or 500ms";

    /// <summary>The setting that is applied while requests flow.</summary>
    public static Setting Backends { get; } = Setting.List(nameof(GoAroundOptions.Backends), static o => o.Backends);

    /// <summary>The others, which take effect at the next start.</summary>
    public static IReadOnlyList<Setting> Fixed { get; } =
    [
        OfDuration("FirstCheckTimeout", static o => o.FirstCheckTimeout, static (o, v) => o.FirstCheckTimeout = v),

        Setting.Of<IPAddress>("Server:Address", "an IP address", SettingText.TryAddress, static o => o.Server.Address, static (o, v) => o.Server.Address = v),
        OfNumber("Server:Port", static o => o.Server.Port, static (o, v) => o.Server.Port = v),
        OfNumber("Server:Backlog", static o => o.Server.Backlog, static (o, v) => o.Server.Backlog = v),
        OfNumber("Server:MaxConnections", static o => o.Server.MaxConnections, static (o, v) => o.Server.MaxConnections = v),
        OfLimit("Server:MaxConnectionsPerClient", static o => o.Server.MaxConnectionsPerClient, static (o, v) => o.Server.MaxConnectionsPerClient = v),
        OfLimit("Server:MaxRequestsPerConnection", static o => o.Server.MaxRequestsPerConnection, static (o, v) => o.Server.MaxRequestsPerConnection = v),
        OfDuration("Server:TlsTimeout", static o => o.Server.TlsTimeout, static (o, v) => o.Server.TlsTimeout = v),
        OfDuration("Server:HeadTimeout", static o => o.Server.HeadTimeout, static (o, v) => o.Server.HeadTimeout = v),
        OfDuration("Server:IdleTimeout", static o => o.Server.IdleTimeout, static (o, v) => o.Server.IdleTimeout = v),
        OfDuration("Server:BodyTimeout", static o => o.Server.BodyTimeout, static (o, v) => o.Server.BodyTimeout = v),
        OfNumber("Server:MinBodyRate", static o => o.Server.MinBodyRate, static (o, v) => o.Server.MinBodyRate = v),
        OfDuration("Server:MinBodyRateGrace", static o => o.Server.MinBodyRateGrace, static (o, v) => o.Server.MinBodyRateGrace = v),
        OfDuration("Server:HalfCloseGrace", static o => o.Server.HalfCloseGrace, static (o, v) => o.Server.HalfCloseGrace = v),
        OfDuration("Server:ShutdownTimeout", static o => o.Server.ShutdownTimeout, static (o, v) => o.Server.ShutdownTimeout = v),
        OfSize("Server:MaxRequestLineBytes", static o => o.Server.MaxRequestLineBytes, static (o, v) => o.Server.MaxRequestLineBytes = v),
        OfSize("Server:MaxHeadBytes", static o => o.Server.MaxHeadBytes, static (o, v) => o.Server.MaxHeadBytes = v),
        OfNumber("Server:MaxFields", static o => o.Server.MaxFields, static (o, v) => o.Server.MaxFields = v),
        Setting.Of<long?>("Server:MaxBodyBytes", Size + ", or empty for no limit", SettingText.TrySizeLimit, static o => o.Server.MaxBodyBytes, static (o, v) => o.Server.MaxBodyBytes = v),
        OfSize("Server:ReplayBufferBytes", static o => o.Server.ReplayBufferBytes, static (o, v) => o.Server.ReplayBufferBytes = v),
        Setting.List("Server:TrustedProxies", static o => o.Server.TrustedProxies),
        OfWord<ForwardedFormat>("Server:Forwarded", static o => o.Server.Forwarded, static (o, v) => o.Server.Forwarded = v),
        OfWord<ViaMode>("Server:Via", static o => o.Server.Via, static (o, v) => o.Server.Via = v),
        OfText("Server:ProxyName", static o => o.Server.ProxyName, static (o, v) => o.Server.ProxyName = v),

        OfNumber("Pool:ConnectionsPerBackend", static o => o.Pool.ConnectionsPerBackend, static (o, v) => o.Pool.ConnectionsPerBackend = v),
        OfDuration("Pool:QueueTimeout", static o => o.Pool.QueueTimeout, static (o, v) => o.Pool.QueueTimeout = v),
        OfNumber("Pool:MaxQueue", static o => o.Pool.MaxQueue, static (o, v) => o.Pool.MaxQueue = v),
        Setting.Of<double>("Pool:RetryBudget", "a number such as 0.2", SettingText.TryFraction, static o => o.Pool.RetryBudget, static (o, v) => o.Pool.RetryBudget = v),
        OfNumber("Pool:MinRetries", static o => o.Pool.MinRetries, static (o, v) => o.Pool.MinRetries = v),
        OfDuration("Pool:SlowStart", static o => o.Pool.SlowStart, static (o, v) => o.Pool.SlowStart = v),

        OfText("Health:Path", static o => o.Health.Path, static (o, v) => o.Health.Path = v),
        OfDuration("Health:Interval", static o => o.Health.Interval, static (o, v) => o.Health.Interval = v),
        OfDuration("Health:Timeout", static o => o.Health.Timeout, static (o, v) => o.Health.Timeout = v),
        OfDuration("Health:DownInterval", static o => o.Health.DownInterval, static (o, v) => o.Health.DownInterval = v),

        OfDuration("Upstream:DialTimeout", static o => o.Upstream.DialTimeout, static (o, v) => o.Upstream.DialTimeout = v),
        OfDuration("Upstream:TlsTimeout", static o => o.Upstream.TlsTimeout, static (o, v) => o.Upstream.TlsTimeout = v),
        OfDuration("Upstream:ResponseTimeout", static o => o.Upstream.ResponseTimeout, static (o, v) => o.Upstream.ResponseTimeout = v),
        OfDuration("Upstream:BodyTimeout", static o => o.Upstream.BodyTimeout, static (o, v) => o.Upstream.BodyTimeout = v),
        OfDuration("Upstream:TunnelTimeout", static o => o.Upstream.TunnelTimeout, static (o, v) => o.Upstream.TunnelTimeout = v),
        OfDuration("Upstream:IdleTimeout", static o => o.Upstream.IdleTimeout, static (o, v) => o.Upstream.IdleTimeout = v),
        OfSize("Upstream:MaxHeadBytes", static o => o.Upstream.MaxHeadBytes, static (o, v) => o.Upstream.MaxHeadBytes = v),
        OfNumber("Upstream:MaxFields", static o => o.Upstream.MaxFields, static (o, v) => o.Upstream.MaxFields = v),

        OfFlag("Cache:IsEnabled", static o => o.Cache.IsEnabled, static (o, v) => o.Cache.IsEnabled = v),
        Setting.Of<long>("Cache:SizeBytes", Size, SettingText.TrySize, static o => o.Cache.SizeBytes, static (o, v) => o.Cache.SizeBytes = v),
        Setting.Of<long>("Cache:MaxObjectBytes", Size, SettingText.TrySize, static o => o.Cache.MaxObjectBytes, static (o, v) => o.Cache.MaxObjectBytes = v),
        OfDuration("Cache:DefaultTtl", static o => o.Cache.DefaultTtl, static (o, v) => o.Cache.DefaultTtl = v),
        OfDuration("Cache:StaleTime", static o => o.Cache.StaleTime, static (o, v) => o.Cache.StaleTime = v),
        OfText("Cache:TargetedField", static o => o.Cache.TargetedField, static (o, v) => o.Cache.TargetedField = v),
    ];

    private static FrozenDictionary<string, Setting> All { get; } = Index();

    private static FrozenSet<string> Groups { get; } = IndexGroups();

    /// <summary>The setting of a key below the section, in any case; null where there is none.</summary>
    public static Setting? Find(string key) => All.GetValueOrDefault(key);

    /// <summary>True for a key that others lie below, as in <c>Server</c>.</summary>
    public static bool IsGroup(string key) => Groups.Contains(key);

    private static Setting OfNumber(string key, Func<GoAroundOptions, int> get, Action<GoAroundOptions, int> set) => Setting.Of(key, Number, SettingText.TryNumber, get, set);

    private static Setting OfLimit(string key, Func<GoAroundOptions, int?> get, Action<GoAroundOptions, int?> set) => Setting.Of(key, Limit, SettingText.TryLimit, get, set);

    private static Setting OfSize(string key, Func<GoAroundOptions, int> get, Action<GoAroundOptions, int> set) => Setting.Of(key, Size, SettingText.TrySize, get, set);

    private static Setting OfDuration(string key, Func<GoAroundOptions, TimeSpan> get, Action<GoAroundOptions, TimeSpan> set) =>
        Setting.Of(key, Duration, SettingText.TryDuration, get, set);

    private static Setting OfFlag(string key, Func<GoAroundOptions, bool> get, Action<GoAroundOptions, bool> set) => Setting.Of(key, "true or false", bool.TryParse, get, set);

    private static Setting OfText(string key, Func<GoAroundOptions, string> get, Action<GoAroundOptions, string> set) => Setting.Of(key, "text", SettingText.TryText, get, set);

    private static Setting OfWord<T>(string key, Func<GoAroundOptions, T> get, Action<GoAroundOptions, T> set)
        where T : struct, Enum =>
        Setting.Of(key, "one of " + string.Join(", ", Enum.GetNames<T>()), SettingText.TryWord, get, set);

    private static FrozenDictionary<string, Setting> Index()
    {
        Dictionary<string, Setting> all = new(StringComparer.OrdinalIgnoreCase) { [Backends.Key] = Backends };
        foreach (Setting setting in Fixed)
        {
            all.Add(setting.Key, setting);
        }

        return all.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
    }

    private static FrozenSet<string> IndexGroups()
    {
        HashSet<string> groups = new(StringComparer.OrdinalIgnoreCase);
        foreach (Setting setting in Fixed)
        {
            int colon = setting.Key.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
            {
                groups.Add(setting.Key[..colon]);
            }
        }

        return groups.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
    }
}
