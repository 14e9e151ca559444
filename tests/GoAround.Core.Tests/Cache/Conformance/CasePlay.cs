using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Xunit.Sdk;

namespace GoAround.Core.Tests.Cache.Conformance;

/// <summary>Plays one case: sends its requests, lets its time pass, and checks each answer.</summary>
internal sealed class CasePlay(CacheCase played, CachedProxy proxy)
{
    private readonly CaseValues _values = new(proxy.Time.GetUtcNow(), proxy.Time.GetUtcNow, "/case", $"127.0.0.1:{proxy.Port}");

    public async Task RunAsync()
    {
        int step = 0;
        CaseExpectation? expectation = null;
        for (int i = 0; i < played.Lines.Count;)
        {
            string line = played.Lines[i++];
            string rest = line.Length > 2 ? line[2..] : "";
            if (line.StartsWith("wait ", StringComparison.Ordinal))
            {
                proxy.Time.Advance(TimeSpan.FromSeconds(int.Parse(line.AsSpan(5), CultureInfo.InvariantCulture)));
            }
            else if (line == "settle")
            {
                int asked = step;
                await Until.TrueAsync(() => proxy.Origin.AskedIn(asked).Count > 0, "nothing went on in the background");
                await proxy.SettleAsync();
            }
            else if (line[0] is '=' or '?')
            {
                string? fault = line[0] == '=' ? expectation!.FaultOf(rest.Replace(" setup", "", StringComparison.Ordinal)) : expectation!.FaultOfAsked(rest.Replace(" setup", "", StringComparison.Ordinal));
                if (fault is not null)
                {
                    throw new XunitException($"{played.Name}\nRFC {played.Section}, step {step}: {line}\n{fault}\n{string.Join('\n', proxy.Errors)}");
                }
            }
            else
            {
                int start = i;
                while (i < played.Lines.Count && played.Lines[i][0] is '<' or '>')
                {
                    i++;
                }

                step++;
                expectation = await AskAsync(step, line, [.. played.Lines.Skip(start).Take(i - start)]);
            }
        }
    }

    private async Task<CaseExpectation> AskAsync(int step, string line, IReadOnlyList<string> lines)
    {
        string[] words = line.Split(' ', 2);
        string method = words[0];
        CaseScript script = new(step, $"answer {step} of {_values.Path}\n", _values);
        string content = "", connection = "close", host = _values.Host;
        List<string> fields = [], defaults = ["Pragma: foo", "Cache-Control: nothing-to-see-here"];
        foreach (string text in lines.Where(text => text[0] == '<'))
        {
            script.Add(text[2..]);
        }

        foreach (string text in lines.Where(text => text[0] == '>').Select(text => text[2..]))
        {
            string name = text.TrimStart('!').Split(':')[0];
            string value = _values.Fill(text[Math.Min(text.Length, name.Length + 1)..]).Trim();
            defaults.RemoveAll(other => other.StartsWith(name + ':', StringComparison.OrdinalIgnoreCase));
            if (text.StartsWith("@body", StringComparison.Ordinal))
            {
                content = CaseValues.Content(text[6..]);
            }
            else if (name == "Host")
            {
                host = value;
            }
            else if (name == "Connection")
            {
                connection = value + ", close";
            }
            else if (text[0] != '!')
            {
                fields.Add($"{name}: {value}");
            }
        }

        if (content.Length > 0 || method is "POST" or "PUT" or "PATCH")
        {
            fields.Add($"Content-Length: {content.Length}");
        }

        proxy.Origin[step] = script;
        string target = _values.Path + (words.Length > 1 ? words[1] : "");
        string head = $"{method} {target} HTTP/1.1\r\nHost: {host}\r\nX-Request-Id: {step}\r\nConnection: {connection}\r\n{string.Join("", fields.Concat(defaults).Select(field => field + "\r\n"))}\r\n";
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(head + content);
        CaseAnswer answer = await CaseAnswer.ReadAsync(client, method == "HEAD");
        return new CaseExpectation(proxy.Origin, _values, step, method, answer);
    }
}
