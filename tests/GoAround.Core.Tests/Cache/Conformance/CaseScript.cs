using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;

namespace GoAround.Core.Tests.Cache.Conformance;

/// <summary>What the origin answers to one step of a case.</summary>
internal sealed class CaseScript(int step, string body, CaseValues values)
{
    private readonly List<string> _lines = [];
    private readonly List<string> _interim = [];
    private readonly List<string> _trailers = [];
    private readonly HashSet<string> _removed = new(StringComparer.OrdinalIgnoreCase);
    private string _reason = "Some Reason";
    private bool _isChunked;
    private bool _isUntilClose;

    public int Status { get; private set; } = 200;

    public string Body { get; private set; } = body;

    /// <summary>Passes before the answer.</summary>
    public TimeSpan Delay { get; private set; }

    /// <summary>The connection closes without an answer.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>The connection closes in the middle of the body.</summary>
    public bool IsCut { get; private set; }

    public bool EndsConnection => IsClosed || IsCut || _isUntilClose;

    /// <summary>Takes a line of the script that begins with a <c>&lt;</c>, without it.</summary>
    public void Add(string text)
    {
        string word = text.Split(' ')[0];
        string rest = text.Length > word.Length ? text[(word.Length + 1)..] : "";
        switch (word)
        {
            case "@body": Body = CaseValues.Content(rest); break;
            case "@delay": Delay = TimeSpan.FromSeconds(int.Parse(rest, CultureInfo.InvariantCulture)); break;
            case "@close": IsClosed = true; break;
            case "@cut": IsCut = true; break;
            case "@chunked": _isChunked = true; break;
            case "@untilclose": _isUntilClose = true; break;
            case "@trailer": _trailers.Add(rest); break;
            case "@interim": _interim.Add($"HTTP/1.1 {rest[..3]} Interim\r\n{rest[4..]}\r\n\r\n"); break;
            default:
                if (word.Length == 3 && int.TryParse(word, CultureInfo.InvariantCulture, out int status))
                {
                    Status = status;
                    _reason = rest.Length > 0 ? rest : _reason;
                }
                else if (word[0] == '!')
                {
                    _removed.Add(word[1..]);
                    _lines.RemoveAll(line => NameOf(line).Equals(word[1..], StringComparison.OrdinalIgnoreCase));
                }
                else
                {
                    _lines.Add(text);
                }

                break;
        }
    }

    public string Message(bool isHead, bool isConditional)
    {
        int status = Status == 304 && !isConditional ? 200 : Status;
        bool hasBody = status is not (204 or 304);
        List<string> lines = [.. _lines.Select(values.Fill)];
        HashSet<string> own = [.. lines.Select(NameOf), .. _removed];
        own = new HashSet<string>(own, StringComparer.OrdinalIgnoreCase);
        if (!own.Contains("Date"))
        {
            lines.Insert(0, values.Fill("Date: {now}"));
        }

        if (status != 304)
        {
            lines.Add($"X-From: {step}");
        }

        if (_isChunked)
        {
            lines.Add("Transfer-Encoding: chunked");
        }
        else if (_isUntilClose)
        {
            lines.Add("Connection: close");
        }
        else if (hasBody && !lines.Any(line => NameOf(line).Equals("Content-Length", StringComparison.OrdinalIgnoreCase)))
        {
            lines.Add($"Content-Length: {Body.Length}");
        }

        StringBuilder message = new();
        message.AppendJoin("", _interim).Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {status} {_reason}\r\n");
        message.AppendJoin("", lines.Select(line => line + "\r\n")).Append("\r\n");
        if (hasBody && !isHead)
        {
            AppendBody(message);
        }

        return message.ToString();
    }

    private void AppendBody(StringBuilder message)
    {
        string sent = IsCut ? Body[..(Body.Length / 2)] : Body;
        if (!_isChunked)
        {
            message.Append(sent);
            return;
        }

        foreach (string piece in new[] { sent[..(sent.Length / 2)], sent[(sent.Length / 2)..] }.Where(piece => piece.Length > 0))
        {
            message.Append(CultureInfo.InvariantCulture, $"{piece.Length:x}\r\n{piece}\r\n");
        }

        if (!IsCut)
        {
            message.Append("0\r\n").AppendJoin("", _trailers.Select(trailer => values.Fill(trailer) + "\r\n")).Append("\r\n");
        }
    }

    private static string NameOf(string line) => line.Split(':')[0].Trim();
}
