using System;
using System.Text;
using GoAround.Core.Http;

namespace GoAround.Testing;

/// <summary>One request as a test backend got it; immutable.</summary>
public sealed class SeenRequest
{
    internal SeenRequest(TimeSpan at, int number, string method, string target, string authority, FieldList fields, ReadOnlyMemory<byte> body)
    {
        At = at;
        Number = number;
        Method = method;
        Target = target;
        Authority = authority;
        fields.CopyTo(Fields);
        Body = body;
    }

    /// <summary>When it was there whole, from the clock's start.</summary>
    public TimeSpan At { get; }

    /// <summary>Its place among the backend's requests, or among its checks: 0, 1, 2...</summary>
    public int Number { get; }

    /// <summary>The method, such as <c>GET</c>.</summary>
    public string Method { get; }

    /// <summary>Path and query as sent, the backend's base path before it.</summary>
    public string Target { get; }

    /// <summary>What Host said; empty where it said nothing.</summary>
    public string Authority { get; }

    /// <summary>The end-to-end fields; a copy.</summary>
    public FieldList Fields { get; } = new();

    /// <summary>The body; empty where there was none.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>The body as UTF-8.</summary>
    public string Text => Encoding.UTF8.GetString(Body.Span);

    /// <summary>Moment, method and target, for the message of an assertion.</summary>
    public override string ToString() => $"{At:c} {Method} {Target}";
}
