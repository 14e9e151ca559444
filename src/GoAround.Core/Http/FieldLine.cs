using System;

namespace GoAround.Core.Http;

/// <summary>One field line, lent by a <see cref="FieldList"/>: valid until the list changes.</summary>
public readonly ref struct FieldLine
{
    internal FieldLine(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, KnownField known)
    {
        Name = name;
        Value = value;
        Known = known;
    }

    /// <summary>The name as it was received; compare it without regard to case.</summary>
    public ReadOnlySpan<byte> Name { get; }

    /// <summary>The value, of a received line without the white space around it; any bytes but control bytes other than HTAB.</summary>
    public ReadOnlySpan<byte> Value { get; }

    /// <summary>Which of the names a proxy acts on this is.</summary>
    internal KnownField Known { get; }
}
