using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;

namespace GoAround.Core.Tests.Cache.Conformance;

/// <summary>What the client of a case was answered.</summary>
internal sealed class CaseAnswer
{
    /// <summary>0: no answer.</summary>
    public int Status { get; private set; }

    public CaseFields Fields { get; private set; } = new("");

    public string Body { get; private set; } = "";

    /// <summary>The body came to its end.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Statuses of interim responses.</summary>
    public IReadOnlyList<int> Interim { get; private set; } = [];

    /// <summary>The step whose answer this is.</summary>
    public int? From => int.TryParse(Fields["X-From"], CultureInfo.InvariantCulture, out int step) ? step : null;

    /// <summary>Reads all that a connection gives until its end.</summary>
    public static async Task<CaseAnswer> ReadAsync(WireEnd client, bool isHead)
    {
        CaseAnswer answer = new();
        List<int> interim = [];
        answer.Interim = interim;
        string rest = await client.ReadToCloseAsync();
        while (rest.IndexOf("\r\n\r\n", StringComparison.Ordinal) is >= 0 and var end)
        {
            CaseFields fields = new(rest[..end]);
            rest = rest[(end + 4)..];
            int status = int.Parse(fields.FirstLine.AsSpan(9, 3), CultureInfo.InvariantCulture);
            if (status < 200)
            {
                interim.Add(status);
                continue;
            }

            answer.Status = status;
            answer.Fields = fields;
            if (isHead || status is 204 or 304)
            {
                answer.IsComplete = rest.Length == 0 ? true : throw new InvalidDataException($"content after the head: {rest}");
            }
            else if (fields["Transfer-Encoding"] is not null)
            {
                answer.ReadChunks(rest);
            }
            else
            {
                answer.Body = rest;
                answer.IsComplete = fields["Content-Length"] is not { } length || int.Parse(length, CultureInfo.InvariantCulture) == rest.Length;
            }

            break;
        }

        return answer;
    }

    private void ReadChunks(string rest)
    {
        StringBuilder body = new();
        while (rest.IndexOf("\r\n", StringComparison.Ordinal) is > 0 and var end)
        {
            int size = int.Parse(rest.AsSpan(0, end), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            rest = rest[(end + 2)..];
            if (size == 0)
            {
                IsComplete = rest.EndsWith("\r\n", StringComparison.Ordinal);
                break;
            }

            if (rest.Length < size + 2)
            {
                break;
            }

            body.Append(rest, 0, size);
            rest = rest[(size + 2)..];
        }

        Body = body.ToString();
    }
}
