namespace GoAround.Core.Http;

/// <summary>The field names a proxy must recognise; every other name is passed on unread.</summary>
internal enum KnownField : byte
{
    Other = 0,
    Connection,
    ContentLength,
    Date,
    Expect,
    Forwarded,
    Host,
    KeepAlive,
    ProxyAuthenticate,
    ProxyAuthorization,
    ProxyConnection,
    Te,
    TraceParent,
    Trailer,
    TransferEncoding,
    Upgrade,
    Via,
    XForwardedFor,
    XForwardedHost,
    XForwardedProto,

    /// <summary>Any other name that begins with <c>X-Forwarded-</c>.</summary>
    XForwardedOther,

    /// <summary>A name that would begin so, had it no underscores: CGI and its kin do not tell the two apart.</summary>
    XForwardedUnderscored,
}
