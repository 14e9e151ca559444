using System;

namespace GoAround.Core.Cache;

/// <summary>One cache directive, lent by the line it stands in.</summary>
internal readonly ref struct Directive
{
    /// <summary>Makes one.</summary>
    public Directive(ReadOnlySpan<byte> name, ArgumentKind kind, ReadOnlySpan<byte> argument)
    {
        Name = name;
        Kind = kind;
        Argument = argument;
    }

    /// <summary>The name as it was received; compare it without regard to case.</summary>
    public ReadOnlySpan<byte> Name { get; }

    /// <summary>What the argument is.</summary>
    public ArgumentKind Kind { get; }

    /// <summary>The argument without its quotes; escapes in it are not taken out.</summary>
    public ReadOnlySpan<byte> Argument { get; }
}
