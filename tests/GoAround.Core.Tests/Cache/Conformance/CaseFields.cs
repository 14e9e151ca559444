using System;
using System.Collections.Generic;
using System.Linq;

namespace GoAround.Core.Tests.Cache.Conformance;

/// <summary>The first line and the fields of a head, in their order.</summary>
internal sealed class CaseFields
{
    public CaseFields(string head)
    {
        string[] lines = head.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        FirstLine = lines.Length > 0 ? lines[0] : "";
        Lines = [.. lines.Skip(1).Select(line => line.Split(':', 2)).Select(parts => (parts[0], parts[1].Trim()))];
    }

    public string FirstLine { get; }

    public IReadOnlyList<(string Name, string Value)> Lines { get; }

    public string? this[string name] => All(name) is { Count: > 0 } values ? string.Join(", ", values) : null;

    public bool IsConditional => this["If-None-Match"] is not null || this["If-Modified-Since"] is not null;

    public IReadOnlyList<string> All(string name) =>
        [.. Lines.Where(line => line.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(line => line.Value)];
}
