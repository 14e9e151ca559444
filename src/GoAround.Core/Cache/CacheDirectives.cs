using System;
using System.Text;
using GoAround.Core.Http;

namespace GoAround.Core.Cache;

/// <summary>
/// The cache directives of one message (RFC 9111 §5.2). Of several of one name the most restrictive counts: §4.2.1 wants the first one, or the response
/// considered stale. A lifetime that cannot be read is 0: stale.
/// </summary>
internal struct CacheDirectives
{
    /// <summary>What stands where there is no number.</summary>
    public const long Absent = -1;

    /// <summary>None at all.</summary>
    public static CacheDirectives Empty { get; } = new()
    {
        MaxAge = Absent,
        SharedMaxAge = Absent,
        MinFresh = Absent,
        MaxStale = Absent,
        StaleWhileRevalidate = Absent,
        StaleIfError = Absent,
    };

    /// <summary>Those that are there or not.</summary>
    public DirectiveFlags Flags { get; private set; }

    /// <summary><c>max-age</c>, in seconds (§5.2.1.1, §5.2.2.1).</summary>
    public long MaxAge { get; private set; }

    /// <summary><c>s-maxage</c>, in seconds (§5.2.2.10).</summary>
    public long SharedMaxAge { get; private set; }

    /// <summary><c>min-fresh</c>, in seconds (§5.2.1.3).</summary>
    public long MinFresh { get; private set; }

    /// <summary><c>max-stale</c>, in seconds; <see cref="DeltaSeconds.Max"/> where it has no number (§5.2.1.2).</summary>
    public long MaxStale { get; private set; }

    /// <summary><c>stale-while-revalidate</c>, in seconds (RFC 5861 §3).</summary>
    public long StaleWhileRevalidate { get; private set; }

    /// <summary><c>stale-if-error</c>, in seconds (RFC 5861 §4).</summary>
    public long StaleIfError { get; private set; }

    /// <summary>A targeted field said these: Cache-Control and Expires count for nothing (RFC 9213 §2.2).</summary>
    public bool IsTargeted { get; private set; }

    /// <summary>Whether one of these is there.</summary>
    public readonly bool Has(DirectiveFlags flags) => (Flags & flags) != 0;

    /// <summary>Reads every Cache-Control line of a request, or Pragma where there is none.</summary>
    public static CacheDirectives ReadRequest(FieldList fields)
    {
        CacheDirectives directives = Empty;
        bool hasControl = false;
        bool hasPragma = false;
        for (int i = 0; i < fields.Count; i++)
        {
            FieldLine line = fields[i];
            switch (CacheFields.Recognise(line.Name))
            {
                case CacheField.CacheControl:
                    hasControl = true;
                    directives.TakeLine(line.Value);
                    break;
                case CacheField.Pragma:
                    hasPragma |= NamesNoCache(line.Value);
                    break;
            }
        }

        // Where Cache-Control is missing, Pragma: no-cache means Cache-Control: no-cache   RFC 9111 §5.4
        directives.Flags |= hasPragma && !hasControl ? DirectiveFlags.NoCache : DirectiveFlags.None;
        return directives;
    }

    /// <summary>Reads a response: the targeted field where it is there and can be read, or else every Cache-Control line.</summary>
    /// <param name="fields">Of the response.</param>
    /// <param name="targetedField">Its name; empty for none.</param>
    public static CacheDirectives ReadResponse(FieldList fields, string targetedField)
    {
        CacheDirectives directives = ReadTargeted(fields, targetedField);
        if (directives.IsTargeted)
        {
            return directives;
        }

        directives = Empty;
        for (int i = 0; i < fields.Count; i++)
        {
            FieldLine line = fields[i];
            if (CacheFields.Recognise(line.Name) == CacheField.CacheControl)
            {
                directives.TakeLine(line.Value);
            }
        }

        return directives;
    }

    /// <summary>Whether Pragma names no-cache.</summary>
    public static bool NamesNoCache(ReadOnlySpan<byte> pragma)
    {
        DirectiveReader reader = new(pragma);
        while (reader.TryNext(out Directive directive))
        {
            if (Is(directive.Name, "no-cache"u8))
            {
                return true;
            }
        }

        return false;
    }

    // A targeted field that is empty, or cannot be parsed, counts as not there   RFC 9213 §2.1
    private static CacheDirectives ReadTargeted(FieldList fields, string targetedField)
    {
        CacheDirectives directives = Empty;
        for (int i = 0; targetedField.Length > 0 && i < fields.Count; i++)
        {
            FieldLine line = fields[i];
            if (line.Name.Length != targetedField.Length || !Ascii.EqualsIgnoreCase(line.Name, targetedField))
            {
                continue;
            }

            DictionaryReader reader = new(FieldSyntax.Trim(line.Value));
            while (reader.TryNext(out Directive directive))
            {
                directives.IsTargeted = true;
                directives.Forget(directive.Name);
                directives.Take(in directive);
            }

            if (reader.IsMalformed)
            {
                return Empty;
            }
        }

        return directives;
    }

    private void TakeLine(ReadOnlySpan<byte> value)
    {
        DirectiveReader reader = new(value);
        while (reader.TryNext(out Directive directive))
        {
            Take(in directive);
        }
    }

    private void Take(in Directive directive)
    {
        ReadOnlySpan<byte> name = directive.Name;
        switch (name.Length)
        {
            case 6 when Is(name, "public"u8):
                Flags |= DirectiveFlags.Public;
                break;
            case 7 when Is(name, "max-age"u8):
                MaxAge = Least(MaxAge, Lifetime(in directive));
                break;
            case 7 when Is(name, "private"u8):
                Flags |= NamesFields(in directive) ? DirectiveFlags.PrivateFields : DirectiveFlags.Private;
                break;
            case 8 when Is(name, "no-store"u8):
                Flags |= DirectiveFlags.NoStore;
                break;
            case 8 when Is(name, "no-cache"u8):
                Flags |= NamesFields(in directive) ? DirectiveFlags.NoCacheFields : DirectiveFlags.NoCache;
                break;
            case 8 when Is(name, "s-maxage"u8):
                SharedMaxAge = Least(SharedMaxAge, Lifetime(in directive));
                break;
            case 9 when Is(name, "max-stale"u8):
                MaxStale = Least(MaxStale, directive.Kind == ArgumentKind.None ? DeltaSeconds.Max : Seconds(in directive));
                break;
            case 9 when Is(name, "min-fresh"u8):
                MinFresh = Math.Max(MinFresh, Seconds(in directive));
                break;
            default:
                TakeLong(in directive, name);
                break;
        }
    }

    private void TakeLong(in Directive directive, ReadOnlySpan<byte> name)
    {
        switch (name.Length)
        {
            case 14 when Is(name, "only-if-cached"u8):
                Flags |= DirectiveFlags.OnlyIfCached;
                break;
            case 14 when Is(name, "stale-if-error"u8):
                StaleIfError = Least(StaleIfError, Seconds(in directive));
                break;
            case 15 when Is(name, "must-revalidate"u8):
                Flags |= DirectiveFlags.MustRevalidate;
                break;
            case 15 when Is(name, "must-understand"u8):
                Flags |= DirectiveFlags.MustUnderstand;
                break;
            case 16 when Is(name, "proxy-revalidate"u8):
                Flags |= DirectiveFlags.ProxyRevalidate;
                break;
            case 22 when Is(name, "stale-while-revalidate"u8):
                StaleWhileRevalidate = Least(StaleWhileRevalidate, Seconds(in directive));
                break;
        }
    }

    // Of two members of one name in a dictionary the last counts   RFC 8941 §3.2. What forbids stays: it was meant once.
    private void Forget(ReadOnlySpan<byte> name)
    {
        if (Is(name, "max-age"u8))
        {
            MaxAge = Absent;
        }
        else if (Is(name, "s-maxage"u8))
        {
            SharedMaxAge = Absent;
        }
    }

    private static bool NamesFields(in Directive directive) =>
        directive.Kind is ArgumentKind.Text or ArgumentKind.String && !FieldSyntax.Trim(directive.Argument).IsEmpty;

    private static long Lifetime(in Directive directive) => Math.Max(0, Seconds(in directive));

    private static long Seconds(in Directive directive) =>
        directive.Kind == ArgumentKind.Text && DeltaSeconds.TryParse(directive.Argument, out long seconds) ? seconds : Absent;

    private static long Least(long one, long other) => one == Absent ? other : other == Absent ? one : Math.Min(one, other);

    private static bool Is(ReadOnlySpan<byte> name, ReadOnlySpan<byte> known) => Ascii.EqualsIgnoreCase(name, known);
}
