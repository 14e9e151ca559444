using System;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Text;

namespace GoAround.Core;

/// <summary>The address of one backend, and its weight; immutable, equal when scheme, host, port and base path are, whatever the weight.</summary>
public sealed class Backend : IEquatable<Backend>
{
    /// <summary>The greatest weight there is (HAProxy's).</summary>
    public const int MaxWeight = 256;

    private Backend(bool isHttps, string host, int port, string basePath)
    {
        IsHttps = isHttps;
        Host = host;
        Port = port;
        PortTag = port;
        BasePath = basePath;
        string shownHost = host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host;
        bool isDefaultPort = port == (isHttps ? 443 : 80);
        Authority = isDefaultPort ? shownHost : string.Create(CultureInfo.InvariantCulture, $"{shownHost}:{port}");
        Address = (isHttps ? "https://" : "http://") + Authority + basePath;
        AuthorityBytes = Encoding.ASCII.GetBytes(Authority);
        BasePathBytes = Encoding.ASCII.GetBytes(basePath);
    }

    /// <summary>The whole address, normalised: lower-case scheme and host, no default port, no slash at the end.</summary>
    public string Address { get; }

    /// <summary>Requests are sent over TLS.</summary>
    public bool IsHttps { get; }

    /// <summary>A host name, in its ASCII form (IDNA), resolved again at each dial; or an IP address without brackets.</summary>
    public string Host { get; }

    /// <summary>1..65535; default 80, or 443 for https.</summary>
    public int Port { get; }

    /// <summary>Put before the path of every request; empty, or starts with a slash and does not end with one.</summary>
    public string BasePath { get; }

    /// <summary>Host, and port where it is not the scheme's own: what a Host field would say.</summary>
    public string Authority { get; }

    /// <summary>
    /// Its share of the requests, against the weights of the others that serve: 1..<see cref="MaxWeight"/>; default 1 (HAProxy <c>weight</c>). The heaviest
    /// may use all its connections, the others as many less as they are lighter, at least one.
    /// </summary>
    public int Weight { get; private init; } = 1;

    /// <summary><see cref="Authority"/> in bytes.</summary>
    internal ReadOnlyMemory<byte> AuthorityBytes { get; }

    /// <summary><see cref="Port"/> as a tag of measurements has it, so that recording one makes none.</summary>
    internal object PortTag { get; }

    /// <summary><see cref="BasePath"/> in bytes.</summary>
    internal ReadOnlyMemory<byte> BasePathBytes { get; }

    /// <summary>Reads an address such as <c>http://10.0.0.1:8080/base</c>, or one with its weight, <c>http://10.0.0.1:8080 weight=3</c>.</summary>
    /// <param name="address">As <see cref="TryParse"/> takes it.</param>
    /// <exception cref="FormatException">It is not the address of a backend; the message says why.</exception>
    public static Backend Parse(string address) =>
        TryParse(address, out Backend? backend, out string? problem) ? backend : throw new FormatException(problem);

    /// <summary>Reads an address, with its weight or without; where it is not one, says why.</summary>
    /// <param name="address">An absolute http or https URL without user, query and fragment; behind white space <c>weight=1..256</c>, or nothing. Null is no address.</param>
    /// <param name="backend">The backend; null where it is none.</param>
    /// <param name="problem">What is wrong, in one line; null where nothing is.</param>
    /// <returns>Whether it is one.</returns>
    public static bool TryParse(
        [NotNullWhen(true)] string? address, [NotNullWhen(true)] out Backend? backend, [NotNullWhen(false)] out string? problem)
    {
        backend = null;
        ReadOnlySpan<char> entry = address.AsSpan().Trim();
        int end = entry.IndexOfAny(' ', '\t');
        ReadOnlySpan<char> tail = end < 0 ? [] : entry[end..].Trim();
        int weight = 1;
        if (!tail.IsEmpty && !TryReadWeight(tail, out weight))
        {
            problem = $"backend address '{entry}' has '{tail}' behind its URL: only weight=1..{MaxWeight} may stand there";
            return false;
        }

        backend = ReadUrl((end < 0 ? entry : entry[..end]).ToString(), out problem);
        if (backend is { } read && weight != 1)
        {
            backend = read.WithWeight(weight);
        }

        return backend is not null;
    }

    /// <summary>Makes a backend of the same address with another weight, equal to this one.</summary>
    /// <param name="weight">1..<see cref="MaxWeight"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not.</exception>
    public Backend WithWeight(int weight)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(weight, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(weight, MaxWeight);
        return new Backend(IsHttps, Host, Port, BasePath) { Weight = weight };
    }

    /// <summary>Whether both have the same <see cref="Address"/>; the weight does not count.</summary>
    public bool Equals(Backend? other) => other is not null && string.Equals(Address, other.Address, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Backend);

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Address);

    /// <summary>The address, without the weight, as <see cref="Address"/>.</summary>
    public override string ToString() => Address;

    private static bool TryReadWeight(ReadOnlySpan<char> text, out int weight)
    {
        const string Name = "weight=";
        weight = 1;
        return text.StartsWith(Name, StringComparison.Ordinal)
            && int.TryParse(text[Name.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out weight)
            && weight is >= 1 and <= MaxWeight;
    }

    private static Backend? ReadUrl(string text, out string? problem)
    {
        problem = null;
        Backend? backend = null;
        if (text.Length == 0)
        {
            problem = "a backend address is empty; it must look like http://host:port";
        }
        else if (!text.StartsWith("http://", StringComparison.OrdinalIgnoreCase)
            && !text.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
        {
            problem = $"backend address '{text}' must start with http:// or https://";
        }
        else if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) || uri.Host.Length == 0 || !Uri.IsWellFormedUriString(text, UriKind.Absolute))
        {
            problem = $"backend address '{text}' is not a well-formed URL; it must look like http://host:port";
        }
        else if (uri.UserInfo.Length > 0)
        {
            problem = $"backend address '{text}' must not hold a user name or password";
        }
        else if (uri.Query.Length > 0 || uri.Fragment.Length > 0)
        {
            problem = $"backend address '{text}' must not hold a query or a fragment";
        }
        else if (uri.Port is < 1 or > 65535)
        {
            problem = $"backend address '{text}' has port {uri.Port}; it must be in 1..65535";
        }
        else
        {
            backend = FromUri(uri);
        }

        return backend;
    }

    private static Backend FromUri(Uri uri)
    {
        bool isHttps = uri.Scheme == Uri.UriSchemeHttps;
        string host = uri.IdnHost;
        if (IPAddress.TryParse(uri.Host, out IPAddress? address))
        {
            host = address.ToString();
        }

        return new Backend(isHttps, host, uri.Port, uri.AbsolutePath.TrimEnd('/'));
    }
}
