using System;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Text;

namespace GoAround.Core;

/// <summary>The address of one backend; immutable, equal when scheme, host, port and base path are.</summary>
public sealed class Backend : IEquatable<Backend>
{
    private Backend(bool isHttps, string host, int port, string basePath)
    {
        IsHttps = isHttps;
        Host = host;
        Port = port;
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

    /// <summary>A host name, resolved again at each dial, or an IP address without brackets.</summary>
    public string Host { get; }

    /// <summary>1..65535; default 80, or 443 for https.</summary>
    public int Port { get; }

    /// <summary>Put before the path of every request; empty, or starts with a slash and does not end with one.</summary>
    public string BasePath { get; }

    /// <summary>Host, and port where it is not the scheme's own: what a Host field would say.</summary>
    public string Authority { get; }

    /// <summary><see cref="Authority"/> in bytes.</summary>
    internal ReadOnlyMemory<byte> AuthorityBytes { get; }

    /// <summary><see cref="BasePath"/> in bytes.</summary>
    internal ReadOnlyMemory<byte> BasePathBytes { get; }

    /// <summary>Reads an address such as <c>http://10.0.0.1:8080/base</c>.</summary>
    /// <exception cref="FormatException">It is not the address of a backend; the message says why.</exception>
    public static Backend Parse(string address) =>
        TryParse(address, out Backend? backend, out string? problem) ? backend : throw new FormatException(problem);

    /// <summary>Reads an address; where it is not one, says why in one line.</summary>
    public static bool TryParse(
        [NotNullWhen(true)] string? address, [NotNullWhen(true)] out Backend? backend, [NotNullWhen(false)] out string? problem)
    {
        backend = null;
        problem = null;
        string text = address?.Trim() ?? "";
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

        return backend is not null;
    }

    /// <inheritdoc/>
    public bool Equals(Backend? other) => other is not null && string.Equals(Address, other.Address, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Backend);

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Address);

    /// <summary>The address.</summary>
    public override string ToString() => Address;

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
