using System;

namespace GoAround.Core.Cache;

/// <summary>The cache directives that are there or not (RFC 9111 §5.2).</summary>
[Flags]
internal enum DirectiveFlags
{
    None = 0,

    /// <summary><c>no-store</c> (§5.2.1.5, §5.2.2.5).</summary>
    NoStore = 1,

    /// <summary><c>no-cache</c> without names of fields (§5.2.1.4, §5.2.2.4).</summary>
    NoCache = 2,

    /// <summary><c>no-cache</c> with names of fields: these are not stored (§5.2.2.4).</summary>
    NoCacheFields = 4,

    /// <summary><c>private</c> without names of fields (§5.2.2.7).</summary>
    Private = 8,

    /// <summary><c>private</c> with names of fields: these are not stored (§5.2.2.7).</summary>
    PrivateFields = 16,

    /// <summary><c>public</c> (§5.2.2.9).</summary>
    Public = 32,

    /// <summary><c>must-revalidate</c> (§5.2.2.2).</summary>
    MustRevalidate = 64,

    /// <summary><c>proxy-revalidate</c> (§5.2.2.8).</summary>
    ProxyRevalidate = 128,

    /// <summary><c>must-understand</c> (§5.2.2.3).</summary>
    MustUnderstand = 256,

    /// <summary><c>only-if-cached</c> (§5.2.1.7).</summary>
    OnlyIfCached = 512,
}
