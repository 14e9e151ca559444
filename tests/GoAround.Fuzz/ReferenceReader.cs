using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.RegularExpressions;

namespace GoAround.Fuzz;

/// <summary>
/// A second reader of HTTP/1.1 requests, written from the grammar of RFC 9110 and RFC 9112 as regular expressions and not from the
/// balancer's code: slow, simple, and as strict as the balancer means to be. It says how many messages a stream has, and which.
/// </summary>
/// <remarks>
/// It is looser than the RFC only where the balancer is on purpose: any visible byte but <c>#</c> in a target, any byte but controls in a
/// chunk extension, HTTP/1.2 to 1.9 read as 1.1, two empty lines before a request, IPv6 addresses by their letters only.
/// </remarks>
internal static partial class ReferenceReader
{
    private const int MaxLineBytes = 8192;
    private const int MaxHeadBytes = 32768;
    private const int MaxFields = 100;
    private const int MaxEmptyLines = 2;

    /// <summary>Reads a connection from its first byte to its last.</summary>
    /// <param name="wire">All its bytes.</param>
    /// <param name="isBehind">It is the balancer's connection to a backend: what the balancer adds may be over its limits.</param>
    public static SeenStream Read(string wire, bool isBehind = false)
    {
        List<SeenRequest> requests = [];
        int position = 0;
        while (true)
        {
            int start = position;
            StreamEnd end = ReadHead(wire, isBehind, ref position, out SeenRequest? request);
            if (request is null)
            {
                return new SeenStream(requests, end, null);
            }

            end = ReadBody(wire, ref position, request);
            if (end != StreamEnd.Clean)
            {
                return new SeenStream(requests, end, request);
            }

            request.Length = position - start;
            requests.Add(request);
            if (request.Closes)
            {
                return new SeenStream(requests, StreamEnd.Closed, null);
            }
        }
    }

    /// <summary>Reads one chunked body; Clean where its end was found, and then the position is behind it.</summary>
    // chunked-body = *chunk last-chunk trailer-section CRLF   RFC 9112 §7.1
    public static StreamEnd ReadChunked(string wire, ref int position, out string content, out List<KeyValuePair<string, string>> trailers)
    {
        content = "";
        trailers = [];
        while (true)
        {
            StreamEnd end = ReadLine(wire, ref position, out string line);
            if (end != StreamEnd.Clean)
            {
                return end;
            }

            Match match = ChunkLine().Match(line);
            if (!match.Success || !long.TryParse(match.Groups[1].Value, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long size) || size < 0)
            {
                return StreamEnd.Refused;
            }

            if (size == 0)
            {
                return ReadFields(wire, ref position, trailers);
            }

            int have = (int)Math.Min(size, wire.Length - position);
            content += wire.Substring(position, have);
            position += have;
            string tail = wire.Substring(position, Math.Min(2, wire.Length - position));
            if (have < size || tail is "" or "\r")
            {
                return StreamEnd.Incomplete;
            }

            if (tail != "\r\n")
            {
                return StreamEnd.Refused;
            }

            position += 2;
        }
    }

    /// <summary>The elements of a list field over all its lines.</summary>
    // #element   RFC 9110 §5.6.1
    public static string[] List(IEnumerable<KeyValuePair<string, string>> fields, string name) =>
        [.. Values(fields, name).SelectMany(value => value.Split(',')).Select(element => element.Trim(' ', '\t').ToLowerInvariant())];

    private static string[] Values(IEnumerable<KeyValuePair<string, string>> fields, string name) =>
        [.. fields.Where(field => field.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(field => field.Value)];

    private static StreamEnd ReadHead(string wire, bool isBehind, ref int position, out SeenRequest? request)
    {
        request = null;
        int start = position;
        string line = "";
        for (int empty = 0; line.Length == 0; empty++)
        {
            if (position == wire.Length || wire.AsSpan(position) is "\r")
            {
                return StreamEnd.Clean; // nothing, or the beginning of one more empty line
            }

            StreamEnd end = ReadLine(wire, ref position, out line);
            if (end != StreamEnd.Clean || (line.Length == 0 && empty == MaxEmptyLines))
            {
                return end == StreamEnd.Incomplete ? end : StreamEnd.Refused;
            }
        }

        List<KeyValuePair<string, string>> fields = [];
        if ((line.Length > MaxLineBytes && !isBehind) || !TryReadLine(line, out string method, out string target, out string authority, out int minor))
        {
            return StreamEnd.Refused;
        }

        StreamEnd fieldsEnd = ReadFields(wire, ref position, fields);
        if (fieldsEnd != StreamEnd.Clean)
        {
            return fieldsEnd;
        }

        bool isTooLarge = fields.Count > MaxFields || position - start > MaxHeadBytes;
        if ((isTooLarge && !isBehind) || !TryReadHost(fields, minor, ref authority)
            || !TryReadFraming(fields, minor, out bool isChunked, out long? length))
        {
            return StreamEnd.Refused;
        }

        string[] options = List(fields, "Connection");
        request = new SeenRequest
        {
            Method = method,
            Target = target,
            Authority = authority,
            IsHttp10 = minor == 0,
            Fields = fields,
            IsChunked = isChunked,
            ContentLength = length,
            Closes = options.Contains("close") || (minor == 0 && !options.Contains("keep-alive")),
        };
        return StreamEnd.Clean;
    }

    // request-line = method SP request-target SP HTTP-version   RFC 9112 §3
    private static bool TryReadLine(string line, out string method, out string target, out string authority, out int minor)
    {
        Match match = RequestLine().Match(line);
        method = match.Groups["method"].Value;
        target = match.Groups["target"].Value;
        authority = "";
        minor = match.Success ? match.Groups["minor"].Value[0] - '0' : 0;
        if (!match.Success || method == "CONNECT")
        {
            return false;
        }

        if (target == "*" || target[0] == '/')
        {
            return target != "*" || method == "OPTIONS";
        }

        Match absolute = AbsoluteTarget().Match(target);
        authority = absolute.Groups["authority"].Value;
        string path = absolute.Groups["path"].Value;
        target = path.Length == 0 && absolute.Groups["query"].Length == 0
            ? method == "OPTIONS" ? "*" : "/"
            : (path.Length == 0 ? "/" : path) + absolute.Groups["query"].Value;
        return absolute.Success && IsAuthority(authority);
    }

    // A server MUST respond 400 to any HTTP/1.1 request that lacks Host, or has more than one, or an invalid one   RFC 9112 §3.2
    private static bool TryReadHost(List<KeyValuePair<string, string>> fields, int minor, ref string authority)
    {
        string[] hosts = Values(fields, "Host");
        if (hosts.Length > 1 || (hosts.Length == 0 && minor > 0) || (hosts.Length == 1 && !IsAuthority(hosts[0])))
        {
            return false;
        }

        authority = authority.Length == 0 && hosts.Length == 1 ? hosts[0] : authority;
        return true;
    }

    private static bool IsAuthority(string text)
    {
        Match match = Authority().Match(text);
        return match.Success && (match.Groups["port"].Value.TrimStart('0') is var port)
            && (port.Length == 0 || (port.Length <= 5 && int.Parse(port, CultureInfo.InvariantCulture) <= ushort.MaxValue));
    }

    // RFC 9112 §6.3
    private static bool TryReadFraming(List<KeyValuePair<string, string>> fields, int minor, out bool isChunked, out long? length)
    {
        string[] codings = Values(fields, "Transfer-Encoding");
        string[] lengths = Values(fields, "Content-Length");
        isChunked = codings.Length == 1 && codings[0].Equals("chunked", StringComparison.OrdinalIgnoreCase);
        length = null;
        if (codings.Length > 0)
        {
            return isChunked && minor > 0 && lengths.Length == 0;
        }

        if (lengths.Length == 0)
        {
            return true;
        }

        bool isNumber = Digits().IsMatch(lengths[0]) && long.TryParse(lengths[0], NumberStyles.None, CultureInfo.InvariantCulture, out _);
        length = isNumber ? long.Parse(lengths[0], NumberStyles.None, CultureInfo.InvariantCulture) : null;
        return isNumber && lengths.Length == 1;
    }

    private static StreamEnd ReadBody(string wire, ref int position, SeenRequest request)
    {
        if (request.IsChunked)
        {
            StreamEnd end = ReadChunked(wire, ref position, out string content, out List<KeyValuePair<string, string>> trailers);
            request.Body = content;
            request.Trailers = trailers;
            return end;
        }

        long length = request.ContentLength ?? 0;
        int have = (int)Math.Min(length, wire.Length - position);
        request.Body = wire.Substring(position, have);
        position += have;
        return have < length ? StreamEnd.Incomplete : StreamEnd.Clean;
    }

    // *( field-line CRLF ) CRLF   RFC 9112 §2.1
    private static StreamEnd ReadFields(string wire, ref int position, List<KeyValuePair<string, string>> fields)
    {
        while (true)
        {
            StreamEnd end = ReadLine(wire, ref position, out string line);
            if (end != StreamEnd.Clean || line.Length == 0)
            {
                return end;
            }

            Match match = FieldLine().Match(line);
            if (!match.Success)
            {
                return StreamEnd.Refused;
            }

            fields.Add(new(match.Groups["name"].Value, match.Groups["value"].Value));
        }
    }

    // Only CRLF ends a line, and neither CR nor LF stands anywhere else in it.
    private static StreamEnd ReadLine(string wire, ref int position, out string line)
    {
        int end = wire.IndexOf('\n', position);
        line = end < 0 ? "" : wire[position..end];
        if (end < 0)
        {
            return StreamEnd.Incomplete;
        }

        position = end + 1;
        if (line.IndexOf('\r', StringComparison.Ordinal) != line.Length - 1 || line.Length == 0)
        {
            return StreamEnd.Refused;
        }

        line = line[..^1];
        return StreamEnd.Clean;
    }

    [GeneratedRegex(@"\A(?<method>[!#$%&'*+\-.^_`|~0-9A-Za-z]+) (?<target>[\x21\x22\x24-\x7e]+) HTTP/1\.(?<minor>[0-9])\z", RegexOptions.CultureInvariant)]
    private static partial Regex RequestLine();

    [GeneratedRegex(@"\A[Hh][Tt][Tt][Pp][Ss]?://(?<authority>[^/?]+)(?<path>/[^?]*)?(?<query>\?.*)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex AbsoluteTarget();

    [GeneratedRegex(@"\A(?:(?:[\-._~0-9A-Za-z!$&'()*+,;=]|%[0-9A-Fa-f]{2})+|\[(?=[^\]]*:)[0-9A-Fa-f:.]{2,}\])(?::(?<port>[0-9]*))?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Authority();

    [GeneratedRegex(@"\A(?<name>[!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*(?<value>[\t\x20-\x7e\x80-\xff]*?)[ \t]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex FieldLine();

    [GeneratedRegex(@"\A([0-9A-Fa-f]{1,16})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex ChunkLine();

    [GeneratedRegex(@"\A[0-9]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Digits();
}
