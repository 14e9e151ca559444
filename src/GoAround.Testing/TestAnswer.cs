using System;
using System.Globalization;
using System.Text;
using GoAround.Core;
using GoAround.Core.Http;

namespace GoAround.Testing;

/// <summary>What a client of the balancer got; immutable.</summary>
public sealed class TestAnswer
{
    /// <summary>When the client began to ask, from the clock's start.</summary>
    public required TimeSpan At { get; init; }

    /// <summary>From then to the last byte, or to the end it took otherwise.</summary>
    public required TimeSpan Took { get; init; }

    /// <summary>The status; 499 where the client left before one came (nginx's code for it), and 500 for <see cref="Fault"/>.</summary>
    public required int StatusCode { get; init; }

    /// <summary>The end-to-end fields; a copy.</summary>
    public FieldList Fields { get; } = new();

    /// <summary>The body, as far as it came.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The body as UTF-8.</summary>
    public string Text => Encoding.UTF8.GetString(Body.Span);

    /// <summary>Who answered; null: the balancer itself, or its cache.</summary>
    public Backend? Backend { get; init; }

    /// <summary>How many connections were tried; 0 where no backend was asked.</summary>
    public int Attempts { get; init; }

    /// <summary>Whose fault an error of the balancer's own is; none for an answer of a backend.</summary>
    public ProxyError Error { get; init; }

    /// <summary>The body broke off: the client has part of an answer, and its connection was cut.</summary>
    public bool IsCut { get; init; }

    /// <summary>What a step threw that it should not have: a server logs it, and answers 500 or cuts the connection.</summary>
    public Exception? Fault { get; init; }

    /// <summary>It is no answer to be content with: a 5xx, a body that broke off, a fault.</summary>
    public bool IsFailure => StatusCode >= 500 || IsCut || Fault is not null;

    /// <summary>Moment, status, and who it was, for the message of an assertion.</summary>
    public override string ToString()
    {
        string who = Fault is not null ? Fault.GetType().Name + ": " + Fault.Message
            : Backend is not null ? Backend.Address
            : "the balancer" + (Error == ProxyError.None ? "" : ", " + Error);
        return string.Create(CultureInfo.InvariantCulture, $"{At:c} {StatusCode}{(IsCut ? " cut" : "")} after {Took.TotalMilliseconds:0.###} ms and {Attempts} attempts, {who}");
    }
}
