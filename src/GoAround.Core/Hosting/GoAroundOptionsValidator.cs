using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using GoAround.Core.Cache;
using GoAround.Core.Health;
using GoAround.Core.Http;
using GoAround.Core.Pool;
using GoAround.Core.Server;
using GoAround.Core.Upstream;
using Microsoft.Extensions.Options;

namespace GoAround.Core.Hosting;

/// <summary>Refuses options outside their ranges; each message names the property, its flag, the value and what is allowed.</summary>
internal sealed class GoAroundOptionsValidator : IValidateOptions<GoAroundOptions>
{
    private static readonly TimeSpan LongestDelay = TimeSpan.FromDays(24); // what a timer of the framework can hold

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, GoAroundOptions options)
    {
        List<string> failures = [];
        foreach (string address in options.Backends)
        {
            if (!Backend.TryParse(address, out _, out string? problem))
            {
                failures.Add($"Backends (-b): {problem}");
            }
        }

        CheckTime(failures, "FirstCheckTimeout (-first-check-timeout)", options.FirstCheckTimeout, TimeSpan.Zero, LongestDelay);
        Check(failures, options.Server);
        Check(failures, options.Pool);
        Check(failures, options.Health);
        Check(failures, options.Upstream);
        Check(failures, options.Cache);
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static void Check(List<string> failures, ServerOptions server)
    {
        if (server.Address is null)
        {
            failures.Add("Server.Address (-bind) is null: it must be an IPv4 or IPv6 address");
        }

        CheckNumber(failures, "Server.Port (-p)", server.Port, 0, 65535);
        CheckNumber(failures, "Server.Backlog (-backlog)", server.Backlog, 1, 65535);
        CheckNumber(failures, "Server.MaxConnections (-max-connections)", server.MaxConnections, 1, 10_000_000);
        CheckNumber(failures, "Server.MaxConnectionsPerClient (-max-connections-per-client)", server.MaxConnectionsPerClient ?? 1, 1, 10_000_000);
        CheckNumber(failures, "Server.MaxRequestsPerConnection (-max-requests)", server.MaxRequestsPerConnection ?? 1, 1, int.MaxValue);
        CheckNumber(failures, "Server.MinBodyRate (-min-body-rate)", server.MinBodyRate, 0, int.MaxValue);
        CheckDelay(failures, "Server.MinBodyRateGrace (-min-body-rate-grace)", server.MinBodyRateGrace);
        CheckNumber(failures, "Server.MaxRequestLineBytes (-max-request-line)", server.MaxRequestLineBytes, 256, 1024 * 1024);
        CheckNumber(failures, "Server.MaxHeadBytes (-max-head)", server.MaxHeadBytes, 1024, 1024 * 1024);
        CheckNumber(failures, "Server.MaxFields (-max-fields)", server.MaxFields, 1, 10_000);
        CheckNumber(failures, "Server.MaxBodyBytes (-max-body)", server.MaxBodyBytes ?? 0, 0, long.MaxValue);
        CheckNumber(failures, "Server.ReplayBufferBytes (-replay-buffer)", server.ReplayBufferBytes, 0, 16 * 1024 * 1024);
        CheckDelay(failures, "Server.TlsTimeout (-tls-timeout)", server.TlsTimeout);
        CheckDelay(failures, "Server.HeadTimeout (-head-timeout)", server.HeadTimeout);
        CheckDelay(failures, "Server.IdleTimeout (-idle-timeout)", server.IdleTimeout);
        CheckDelay(failures, "Server.BodyTimeout (-body-timeout)", server.BodyTimeout);
        CheckTime(failures, "Server.HalfCloseGrace (-half-close-grace)", server.HalfCloseGrace, TimeSpan.Zero, LongestDelay);
        CheckTime(failures, "Server.ShutdownTimeout (-shutdown-timeout)", server.ShutdownTimeout, TimeSpan.Zero, LongestDelay);
        CheckWord(failures, "Server.Forwarded (-forwarded)", server.Forwarded);
        CheckWord(failures, "Server.Via (-via)", server.Via);
        foreach (string? network in server.TrustedProxies)
        {
            if (network is null || !SettingText.IsNetwork(network))
            {
                failures.Add($"Server.TrustedProxies (-trusted-proxies) has {Shown(network)}: it must be a network such as 10.0.0.0/8 or an address");
            }
        }

        if (!IsName(server.ProxyName))
        {
            failures.Add($"Server.ProxyName (-proxy-name) is {Shown(server.ProxyName)}: it must be a token of 1..64 bytes (RFC 9110 §5.6.2)");
        }

        if (server.Certificate is { HasPrivateKey: false })
        {
            failures.Add("Server.Certificate (-cacert, -privkey) has no private key: give the key that belongs to it");
        }
    }

    private static void Check(List<string> failures, PoolOptions pool)
    {
        CheckNumber(failures, "Pool.ConnectionsPerBackend (-n)", pool.ConnectionsPerBackend, 1, 65535);
        CheckNumber(failures, "Pool.MaxQueue (-max-queue)", pool.MaxQueue, 0, 1_000_000);
        CheckNumber(failures, "Pool.MinRetries (-min-retries)", pool.MinRetries, 0, 1000);
        CheckTime(failures, "Pool.QueueTimeout (-queue-timeout)", pool.QueueTimeout, TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1));
        CheckTime(failures, "Pool.SlowStart (-slow-start)", pool.SlowStart, TimeSpan.Zero, TimeSpan.FromHours(1));
        if (pool.RetryBudget is not (>= 0 and <= 1))
        {
            failures.Add(string.Create(CultureInfo.InvariantCulture, $"Pool.RetryBudget (-retry-budget) is {pool.RetryBudget}: it must be in 0..1"));
        }
    }

    private static void Check(List<string> failures, HealthOptions health)
    {
        if (health.Path is not ['/', ..] || health.Path.AsSpan().ContainsAnyExceptInRange('!', '~') || health.Path.Contains('#', StringComparison.Ordinal))
        {
            failures.Add($"Health.Path (-health-path) is {Shown(health.Path)}: it must start with a slash and hold no space, fragment or control character");
        }

        CheckTime(failures, "Health.Interval (-health-interval)", health.Interval, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1));
        CheckTime(failures, "Health.Timeout (-health-timeout)", health.Timeout, TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1));
        CheckTime(failures, "Health.DownInterval (-health-down-interval)", health.DownInterval, TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1));
    }

    private static void Check(List<string> failures, UpstreamOptions upstream)
    {
        CheckDelay(failures, "Upstream.DialTimeout (-dial-timeout)", upstream.DialTimeout);
        CheckDelay(failures, "Upstream.TlsTimeout (-backend-tls-timeout)", upstream.TlsTimeout);
        CheckDelay(failures, "Upstream.ResponseTimeout (-response-timeout)", upstream.ResponseTimeout);
        CheckDelay(failures, "Upstream.BodyTimeout (-backend-body-timeout)", upstream.BodyTimeout);
        CheckDelay(failures, "Upstream.TunnelTimeout (-tunnel-timeout)", upstream.TunnelTimeout);
        CheckDelay(failures, "Upstream.IdleTimeout (-backend-idle-timeout)", upstream.IdleTimeout);
        CheckNumber(failures, "Upstream.MaxHeadBytes (-backend-max-head)", upstream.MaxHeadBytes, 1024, 1024 * 1024);
        CheckNumber(failures, "Upstream.MaxFields (-backend-max-fields)", upstream.MaxFields, 1, 10_000);
    }

    private static void Check(List<string> failures, CacheOptions cache)
    {
        CheckNumber(failures, "Cache.SizeBytes (-cache-size)", cache.SizeBytes, 1L << 20, 1L << 40);
        CheckNumber(failures, "Cache.MaxObjectBytes (-cache-max-object)", cache.MaxObjectBytes, 1L << 10, 1L << 30);
        CheckTime(failures, "Cache.DefaultTtl (-cache-ttl)", cache.DefaultTtl, TimeSpan.Zero, LongestDelay);
        CheckTime(failures, "Cache.StaleTime (-cache-stale)", cache.StaleTime, TimeSpan.Zero, LongestDelay);
        if (!IsName(cache.TargetedField))
        {
            failures.Add($"Cache.TargetedField (-cache-control-field) is {Shown(cache.TargetedField)}: it must be a field name of 1..64 bytes (RFC 9110 §5.1)");
        }
    }

    private static bool IsName(string? text) => text is { Length: <= 64 } && FieldSyntax.IsToken(Encoding.ASCII.GetBytes(text));

    private static string Shown(string? text) => text is null ? "null" : $"'{text}'";

    private static void CheckWord<T>(List<string> failures, string name, T value)
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value))
        {
            failures.Add($"{name} is {value:D}: it must be one of {string.Join(", ", Enum.GetNames<T>())}");
        }
    }

    private static void CheckNumber(List<string> failures, string name, long value, long least, long most)
    {
        if (value < least || value > most)
        {
            failures.Add(string.Create(CultureInfo.InvariantCulture, $"{name} is {value}: it must be in {least}..{most}"));
        }
    }

    private static void CheckDelay(List<string> failures, string name, TimeSpan value) =>
        CheckTime(failures, name, value, TimeSpan.FromMilliseconds(1), LongestDelay);

    private static void CheckTime(List<string> failures, string name, TimeSpan value, TimeSpan least, TimeSpan most)
    {
        if (value < least || value > most)
        {
            failures.Add(string.Create(
                CultureInfo.InvariantCulture, $"{name} is {value.TotalSeconds} s: it must be in {least.TotalSeconds}..{most.TotalSeconds} s"));
        }
    }
}
