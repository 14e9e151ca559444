using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;

namespace GoAround.Fuzz;

/// <summary>Valid messages at random, by the grammar: the text, and what every reader must find in it.</summary>
internal sealed class RandomMessages(Random random)
{
    private const string TokenLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~";
    private const string PathLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=:@/";
    private static readonly string[] Methods = ["GET", "GET", "GET", "HEAD", "POST", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "QUERY", "REPORT", "x-Y.z"];
    private static readonly string[] Hosts = ["a", "a:1", "example.com:8080", "example.com", "[::1]", "[fe80::1]:443", "127.0.0.1:65535", "x-y.z_0", "xn--a.b", "a%20b~", "h:"];

    /// <summary>A request. Of the model, Fields are those that must reach a backend.</summary>
    /// <param name="isLast">It may say that the connection closes.</param>
    public (string Text, SeenRequest Model) Request(bool isLast)
    {
        string method = Pick(Methods);
        string host = Pick(Hosts);
        (string target, string passedOn, string? authority) = Target(method);
        bool isHttp10 = isLast && Chance(6);
        bool isKept = !isLast || (!isHttp10 && Chance(2)) || (isHttp10 && Chance(2));
        List<KeyValuePair<string, string>> fields = EndToEndFields();
        List<string> lines = [.. fields.Select(FieldLine)];
        Insert(lines, FieldLine(new("Host", host)));
        AddHopByHop(lines, isHttp10, isKept);
        string body = method is "TRACE" || Chance(2) ? "" : Content(0, 300);
        bool isChunked = !isHttp10 && body.Length > 0 && Chance(2);
        List<KeyValuePair<string, string>> trailers = [];
        string wireBody = body;
        if (isChunked)
        {
            Insert(lines, FieldLine(new("Transfer-Encoding", Pick(["chunked", "Chunked", "CHUNKED"]))));
            wireBody = Chunked(body, trailers);
        }
        else if (body.Length > 0 || Chance(4))
        {
            Insert(lines, FieldLine(new("Content-Length", (Chance(8) ? "000" : "") + body.Length.ToString(CultureInfo.InvariantCulture))));
        }

        string text = $"{(Chance(10) ? "\r\n" : "")}{method} {target} HTTP/1.{(isHttp10 ? 0 : 1)}\r\n{string.Concat(lines)}\r\n{wireBody}";
        return (text, new SeenRequest
        {
            Method = method,
            Target = passedOn,
            Authority = authority ?? host,
            IsHttp10 = isHttp10,
            Fields = fields,
            Body = body,
            IsChunked = isChunked,
            ContentLength = null,
            Trailers = trailers,
            Closes = !isKept,
            Length = text.Length,
        });
    }

    /// <summary>A pipelined stream of requests.</summary>
    public (string Text, IReadOnlyList<SeenRequest> Models) Stream(int atMost)
    {
        int count = random.Next(1, atMost + 1);
        (string Text, SeenRequest Model)[] requests = [.. Enumerable.Range(1, count).Select(i => Request(isLast: i == count))];
        return (string.Concat(requests.Select(request => request.Text)), [.. requests.Select(request => request.Model)]);
    }

    /// <summary>A response head, and its end-to-end fields.</summary>
    public (string Text, int StatusCode, string Reason, IReadOnlyList<KeyValuePair<string, string>> Fields) ResponseHead()
    {
        int statusCode = random.Next(100, 600);
        string reason = Chance(5) ? "" : Value(30);
        List<KeyValuePair<string, string>> fields = EndToEndFields();
        List<string> lines = [.. fields.Select(FieldLine)];
        switch (random.Next(4))
        {
            case 0:
                Insert(lines, $"Content-Length: {random.Next(100000)}\r\n");
                break;
            case 1:
                Insert(lines, "Transfer-Encoding: chunked\r\n");
                break;
            case 2:
                Insert(lines, "Connection: close, Keep-Alive\r\nKeep-Alive: timeout=5\r\n");
                break;
        }

        return ($"HTTP/1.1 {statusCode}{(reason.Length == 0 && Chance(2) ? "" : " ")}{reason}\r\n{string.Concat(lines)}\r\n", statusCode, reason, fields);
    }

    /// <summary>A chunked body; adds the trailers that it carries.</summary>
    public string Chunked(string content, List<KeyValuePair<string, string>> trailers)
    {
        StringBuilder wire = new();
        for (int at = 0; at < content.Length;)
        {
            int size = random.Next(1, content.Length - at + 1);
            wire.Append(Size(size)).Append(Extension()).Append("\r\n").Append(content.AsSpan(at, size)).Append("\r\n");
            at += size;
        }

        wire.Append(Chance(4) ? "000" : "0").Append(Extension()).Append("\r\n");
        for (int count = Chance(2) ? 0 : random.Next(1, 4); count > 0; count--)
        {
            KeyValuePair<string, string> trailer = new("Q-" + Token(10), Value(20));
            trailers.Add(trailer);
            wire.Append(FieldLine(trailer));
        }

        return wire.Append("\r\n").ToString();
    }

    /// <summary>Content of any bytes.</summary>
    public string Content(int min, int max)
    {
        byte[] bytes = new byte[random.Next(min, max + 1)];
        random.NextBytes(bytes);
        return Encoding.Latin1.GetString(bytes);
    }

    private (string Target, string PassedOn, string? Authority) Target(string method)
    {
        string query = Chance(3) ? "?" + Letters(PathLetters + "?", 0, 20) : "";
        string path = "/" + Letters(PathLetters, 0, 30) + (Chance(6) ? "/../%2e%2E/%41" : "");
        if (method == "OPTIONS" && Chance(3))
        {
            return ("*", "*", null);
        }

        if (!Chance(4))
        {
            return (path + query, path + query, null);
        }

        string authority = Pick(Hosts);
        string scheme = Pick(["http://", "https://", "HTTP://"]);
        path = Chance(3) ? "" : path;
        string passedOn = path.Length == 0 && query.Length == 0 ? method == "OPTIONS" ? "*" : "/" : (path.Length == 0 ? "/" : path) + query;
        return (scheme + authority + path + query, passedOn, authority);
    }

    private void AddHopByHop(List<string> lines, bool isHttp10, bool isKept)
    {
        if (!isKept && !isHttp10)
        {
            Insert(lines, $"Connection: {Pick(["close", "CLOSE", "keep-alive, close", ",close ,"])}\r\n");
        }
        else if (isHttp10 && isKept)
        {
            Insert(lines, "Connection: Keep-Alive\r\n");
        }

        switch (random.Next(8))
        {
            case 0:
                Insert(lines, "Keep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\n");
                break;
            case 1:
                Insert(lines, "TE: trailers, deflate;q=0.5\r\n");
                break;
            case 2:
                Insert(lines, "Connection: x-named\r\nX-Named: 1\r\n");
                break;
        }
    }

    private List<KeyValuePair<string, string>> EndToEndFields()
    {
        List<KeyValuePair<string, string>> fields = [];
        for (int count = random.Next(0, 8); count > 0; count--)
        {
            // The prefix keeps clear of the names that a proxy acts on.
            fields.Add(new("Q-" + Token(12), Chance(5) ? "" : Value(40)));
        }

        return fields;
    }

    // field-line = field-name ":" OWS field-value OWS   RFC 9112 §5
    private string FieldLine(KeyValuePair<string, string> field) => $"{field.Key}:{Space()}{field.Value}{(Chance(5) ? Space() : "")}\r\n";

    private string Space() => Pick([" ", " ", " ", "", "\t", " \t "]);

    private string Extension() => random.Next(6) switch
    {
        0 => ";" + Token(8),
        1 => " ;\t" + Token(4) + "=" + Token(4),
        2 => ";a=\"quoted; \\\" , text\"",
        _ => "",
    };

    private string Size(int size)
    {
        string hex = size.ToString(Chance(2) ? "x" : "X", CultureInfo.InvariantCulture);
        return Chance(4) ? hex.PadLeft(random.Next(hex.Length, 17), '0') : hex;
    }

    // field-value = *( field-vchar [ 1*( SP / HTAB / field-vchar ) field-vchar ] )   RFC 9110 §5.5
    private string Value(int most)
    {
        char[] letters = new char[random.Next(1, most + 1)];
        for (int i = 0; i < letters.Length; i++)
        {
            bool isEdge = i == 0 || i == letters.Length - 1;
            letters[i] = random.Next(10) switch
            {
                0 when !isEdge => ' ',
                1 when !isEdge => '\t',
                2 => (char)random.Next(0x80, 0x100),
                _ => (char)random.Next(0x21, 0x7f),
            };
        }

        return new string(letters);
    }

    private string Token(int most) => Letters(TokenLetters, 1, most);

    private string Letters(string letters, int min, int max) => new(random.GetItems<char>(letters, random.Next(min, max + 1)));

    private string Pick(string[] choices) => choices[random.Next(choices.Length)];

    private bool Chance(int oneIn) => random.Next(oneIn) == 0;

    // Host, framing and the rest stand anywhere among the others.
    private void Insert(List<string> lines, string line) => lines.Insert(random.Next(lines.Count + 1), line);
}
