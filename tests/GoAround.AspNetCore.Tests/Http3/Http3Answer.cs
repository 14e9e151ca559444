using System;
using System.Collections.Generic;
using System.Linq;

namespace GoAround.AspNetCore.Tests.Http3;

/// <summary>A whole answer of HTTP/3: the lines of its head and trailers, as <c>name: value</c>.</summary>
internal sealed record Http3Answer(IReadOnlyList<string> Head, string Body, IReadOnlyList<string> Trailers)
{
    /// <summary>As in <c>200</c>.</summary>
    public string Status => Field(":status");

    /// <summary>The values of a field, in order, behind one another.</summary>
    public string Field(string name) => string.Join(" | ", Head.Where(line => line.StartsWith(name + ": ", StringComparison.Ordinal)).Select(line => line[(name.Length + 2)..]));
}
