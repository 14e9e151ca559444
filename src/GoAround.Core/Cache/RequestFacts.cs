using System;
using GoAround.Core.Http;

namespace GoAround.Core.Cache;

/// <summary>What a request says that the cache decides by; read once for each request.</summary>
internal struct RequestFacts
{
    /// <summary>Why the request goes past the cache, neither looked up nor stored; None: it is looked up.</summary>
    public CacheBypass Bypass { get; private set; }

    /// <summary>The method is HEAD.</summary>
    public bool IsHead { get; private set; }

    /// <summary>The method is not known to be safe: a good answer makes what is stored outdated (RFC 9111 §4.4).</summary>
    public bool IsUnsafe { get; private set; }

    /// <summary>The directives of Cache-Control, or Pragma's where there is none (RFC 9111 §5.4).</summary>
    public CacheDirectives Control { get; private set; }

    /// <summary>There is an Authorization field.</summary>
    public bool HasAuthorization { get; private set; }

    /// <summary>There is a Cookie field.</summary>
    public bool HasCookie { get; private set; }

    /// <summary>It is a GET with a Range field.</summary>
    public bool HasRange { get; private set; }

    /// <summary>There is If-None-Match or If-Modified-Since.</summary>
    public bool HasConditions { get; private set; }

    /// <summary>The client takes nothing but a stored response; else 504 (RFC 9111 §5.2.1.7).</summary>
    public readonly bool OnlyIfCached => (Control.Flags & DirectiveFlags.OnlyIfCached) != 0;

    /// <summary>Reads them.</summary>
    public static RequestFacts Read(ProxyRequest request)
    {
        RequestFacts facts = default;
        facts.IsHead = request.Method.IsHead;
        facts.IsUnsafe = !request.Method.IsSafe;
        FieldList fields = request.Fields;
        bool originOnly = false;
        bool hasControl = false;
        for (int i = 0; i < fields.Count; i++)
        {
            FieldLine line = fields[i];
            switch (CacheFields.Recognise(line.Name))
            {
                case CacheField.Authorization:
                    facts.HasAuthorization = true;
                    break;
                case CacheField.CacheControl:
                case CacheField.Pragma:
                    hasControl = true;
                    break;
                case CacheField.Cookie:
                    facts.HasCookie = true;
                    break;
                case CacheField.IfMatch:
                case CacheField.IfUnmodifiedSince:
                    originOnly = true;
                    break;
                case CacheField.IfModifiedSince:
                case CacheField.IfNoneMatch:
                    facts.HasConditions = true;
                    break;
                case CacheField.Range:
                    facts.HasRange = request.Method.IsGet; // a server ignores Range with any other method   RFC 9110 §14.2
                    break;
            }
        }

        facts.Control = hasControl ? CacheDirectives.ReadRequest(fields) : CacheDirectives.Empty;
        facts.Bypass = BypassOf(request, in facts, originOnly);
        return facts;
    }

    private static CacheBypass BypassOf(ProxyRequest request, in RequestFacts facts, bool originOnly)
    {
        if (!request.Method.IsGet && !request.Method.IsHead)
        {
            return CacheBypass.Method;
        }

        // If-Match and If-Unmodified-Since are for the origin to evaluate   RFC 9111 §4.3.2
        if (originOnly || request.Body.Length != 0 || !request.UpgradeProtocol.IsEmpty || !request.Target.Span.StartsWith((byte)'/'))
        {
            return CacheBypass.Request;
        }

        return (facts.Control.Flags & DirectiveFlags.NoStore) != 0 ? CacheBypass.RequestNoStore : CacheBypass.None;
    }
}
