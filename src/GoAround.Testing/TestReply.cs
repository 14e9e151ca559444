using System;
using System.Collections.Generic;
using System.Text;
using GoAround.Core.Http;

namespace GoAround.Testing;

/// <summary>What a test backend answers, by default 200 and no body. Not to be changed once it was given; it may be given again and again.</summary>
public sealed class TestReply
{
    /// <summary>Makes a reply.</summary>
    /// <param name="statusCode">200..599.</param>
    /// <param name="text">The body, sent as UTF-8 in one piece.</param>
    /// <exception cref="ArgumentOutOfRangeException">The status is not 200..599.</exception>
    public TestReply(int statusCode = 200, string text = "")
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(statusCode, 200);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(statusCode, 599);
        StatusCode = statusCode;
        Add(text);
    }

    /// <summary>200..599.</summary>
    public int StatusCode { get; }

    /// <summary>Its end-to-end fields; Content-Length does not belong here, see <see cref="HasLength"/>.</summary>
    public FieldList Fields { get; } = new();

    /// <summary>The body, piece by piece; <see cref="Add(ReadOnlyMemory{byte})"/> adds one.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Pieces => Body;

    /// <summary>Before each piece but the first; zero or more; default none.</summary>
    public TimeSpan Pause { get; init; }

    /// <summary>The head says how long the body is; else it is chunked; default true.</summary>
    public bool HasLength { get; init; } = true;

    /// <summary>Bytes of the whole body.</summary>
    public long Length { get; private set; }

    /// <summary>What <see cref="Pieces"/> shows.</summary>
    internal List<ReadOnlyMemory<byte>> Body { get; } = [];

    /// <summary>Adds a field.</summary>
    /// <param name="name">A token (RFC 9110 §5.6.2).</param>
    /// <param name="value">Its value.</param>
    /// <returns>This reply.</returns>
    /// <exception cref="ArgumentException">The name or the value could not stand on the wire.</exception>
    public TestReply With(string name, string value)
    {
        Fields.Add(name, value);
        return this;
    }

    /// <summary>Adds a piece of the body, as UTF-8.</summary>
    /// <param name="text">The piece; an empty one is left out.</param>
    /// <returns>This reply.</returns>
    public TestReply Add(string text) => Add(Encoding.UTF8.GetBytes(text));

    /// <summary>Adds a piece of the body.</summary>
    /// <param name="piece">Not copied; an empty one is left out.</param>
    /// <returns>This reply.</returns>
    public TestReply Add(ReadOnlyMemory<byte> piece)
    {
        if (!piece.IsEmpty)
        {
            Body.Add(piece);
            Length += piece.Length;
        }

        return this;
    }
}
