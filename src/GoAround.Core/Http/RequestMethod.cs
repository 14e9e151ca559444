using System;
using System.Text;

namespace GoAround.Core.Http;

/// <summary>A request method: a case-sensitive token (RFC 9110 §9.1), kept as bytes, with the properties a proxy decides by.</summary>
public readonly struct RequestMethod : IEquatable<RequestMethod>
{
    private readonly ReadOnlyMemory<byte> _token;
    private readonly MethodTraits _traits;

    /// <summary>Wraps a token.</summary>
    /// <param name="token">Not copied: the memory must stay as it is while this value is used. Its case counts.</param>
    /// <exception cref="ArgumentException">It is no token (RFC 9110 §9.1).</exception>
    public RequestMethod(ReadOnlyMemory<byte> token)
    {
        _token = FieldSyntax.IsToken(token.Span) ? token : throw new ArgumentException("A method is a token (RFC 9110 §9.1).", nameof(token));
        _traits = TraitsOf(token.Span);
    }

    private RequestMethod(ReadOnlyMemory<byte> token, MethodTraits traits)
    {
        _token = token;
        _traits = traits;
    }

    [Flags]
    private enum MethodTraits : byte
    {
        None = 0,
        Idempotent = 1,
        Safe = 2,
        Get = 4,
        Head = 8,
        Options = 16,
        Connect = 32,
        Trace = 64,
    }

    /// <summary>GET.</summary>
    public static RequestMethod Get { get; } = new("GET"u8.ToArray());

    /// <summary>HEAD.</summary>
    public static RequestMethod Head { get; } = new("HEAD"u8.ToArray());

    /// <summary>POST.</summary>
    public static RequestMethod Post { get; } = new("POST"u8.ToArray());

    /// <summary>PUT.</summary>
    public static RequestMethod Put { get; } = new("PUT"u8.ToArray());

    /// <summary>DELETE.</summary>
    public static RequestMethod Delete { get; } = new("DELETE"u8.ToArray());

    /// <summary>OPTIONS.</summary>
    public static RequestMethod Options { get; } = new("OPTIONS"u8.ToArray());

    /// <summary>The token as it stands on the wire; empty for a value that was not made by a constructor.</summary>
    public ReadOnlySpan<byte> Token => _token.Span;

    /// <summary>GET, HEAD, OPTIONS, TRACE, and QUERY: the client asks for no change of state (RFC 9110 §9.2.1, RFC 10008).</summary>
    public bool IsSafe => (_traits & MethodTraits.Safe) != 0;

    /// <summary>The safe methods, PUT and DELETE: sending it twice means the same as once (RFC 9110 §9.2.2).</summary>
    public bool IsIdempotent => (_traits & MethodTraits.Idempotent) != 0;

    /// <summary>The method is GET.</summary>
    public bool IsGet => (_traits & MethodTraits.Get) != 0;

    /// <summary>The method is HEAD: its response never has a body.</summary>
    public bool IsHead => (_traits & MethodTraits.Head) != 0;

    /// <summary>The method is OPTIONS, the only one that may have the target <c>*</c>.</summary>
    public bool IsOptions => (_traits & MethodTraits.Options) != 0;

    /// <summary>The method is CONNECT.</summary>
    public bool IsConnect => (_traits & MethodTraits.Connect) != 0;

    /// <summary>The method is OPTIONS or TRACE, for which Max-Forwards holds (RFC 9110 §7.6.2).</summary>
    internal bool HasForwardLimit => (_traits & (MethodTraits.Options | MethodTraits.Trace)) != 0;

    /// <summary>Makes a method from text.</summary>
    /// <param name="token">Its case counts.</param>
    /// <exception cref="ArgumentNullException">It is null.</exception>
    /// <exception cref="ArgumentException">It is no token (RFC 9110 §9.1).</exception>
    public static RequestMethod From(string token) => new(Encoding.ASCII.GetBytes(token));

    /// <summary>Whether two methods are the same, byte by byte.</summary>
    public static bool operator ==(RequestMethod left, RequestMethod right) => left.Equals(right);

    /// <summary>Whether two methods differ in a byte.</summary>
    public static bool operator !=(RequestMethod left, RequestMethod right) => !left.Equals(right);

    /// <summary>The shared value for a well-known token, or a method over the given memory, which whoever calls has checked.</summary>
    internal static RequestMethod Recognise(ReadOnlyMemory<byte> token)
    {
        ReadOnlySpan<byte> span = token.Span;
        return span.Length switch
        {
            3 when span.SequenceEqual("GET"u8) => Get,
            3 when span.SequenceEqual("PUT"u8) => Put,
            4 when span.SequenceEqual("POST"u8) => Post,
            4 when span.SequenceEqual("HEAD"u8) => Head,
            6 when span.SequenceEqual("DELETE"u8) => Delete,
            7 when span.SequenceEqual("OPTIONS"u8) => Options,
            _ => new RequestMethod(token, TraitsOf(span)),
        };
    }

    /// <summary>Whether both are the same, byte by byte.</summary>
    public bool Equals(RequestMethod other) => Token.SequenceEqual(other.Token);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is RequestMethod other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.AddBytes(Token);
        return hash.ToHashCode();
    }

    /// <summary>The token as text.</summary>
    public override string ToString() => Encoding.ASCII.GetString(Token);

    private static MethodTraits TraitsOf(ReadOnlySpan<byte> token) => token switch
    {
        [(byte)'G', (byte)'E', (byte)'T'] => MethodTraits.Get | MethodTraits.Safe | MethodTraits.Idempotent,
        [(byte)'H', (byte)'E', (byte)'A', (byte)'D'] => MethodTraits.Head | MethodTraits.Safe | MethodTraits.Idempotent,
        _ when token.SequenceEqual("PUT"u8) || token.SequenceEqual("DELETE"u8) => MethodTraits.Idempotent,
        _ when token.SequenceEqual("OPTIONS"u8) => MethodTraits.Options | MethodTraits.Safe | MethodTraits.Idempotent,
        _ when token.SequenceEqual("TRACE"u8) => MethodTraits.Trace | MethodTraits.Safe | MethodTraits.Idempotent,
        _ when token.SequenceEqual("QUERY"u8) => MethodTraits.Safe | MethodTraits.Idempotent,
        _ when token.SequenceEqual("CONNECT"u8) => MethodTraits.Connect,
        _ => MethodTraits.None,
    };
}
