using System.Collections.Generic;

namespace GoAround.Fuzz;

/// <summary>One request as some reader saw it: all text is Latin-1, byte for byte.</summary>
internal sealed record SeenRequest
{
    public string Method { get; init; } = "GET";

    /// <summary>Path and query, or <c>*</c>: of an absolute target what is passed on of it.</summary>
    public string Target { get; init; } = "/";

    /// <summary>Host, or the authority of an absolute target; empty where there was none.</summary>
    public string Authority { get; init; } = "";

    public bool IsHttp10 { get; init; }

    /// <summary>The field lines that the reader gives out, in order.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Fields { get; init; } = [];

    public string Body { get; set; } = "";

    public bool IsChunked { get; init; }

    public long? ContentLength { get; init; }

    public IReadOnlyList<KeyValuePair<string, string>> Trailers { get; set; } = [];

    /// <summary>The connection ends with this request.</summary>
    public bool Closes { get; init; }

    /// <summary>Bytes from its first one, empty lines before it included, to its last one.</summary>
    public int Length { get; set; }

    /// <summary>The line that tells it from others.</summary>
    public override string ToString() => $"{Method} {Target} @{Authority} +{Body.Length}";
}
