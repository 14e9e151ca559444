using System;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using GoAround.Core.Http;

namespace GoAround.Core.Server;

/// <summary>
/// Max-Forwards of TRACE and OPTIONS (RFC 9110 §7.6.2): at zero this balancer is the final recipient and answers itself, else it counts
/// down. A value that is no number is passed on as it came.
/// </summary>
internal static class ForwardLimit
{
    private static ReadOnlySpan<byte> Name => "Max-Forwards"u8;

    /// <summary>Counts down; returns the answer where the request goes no further, else null.</summary>
    /// <param name="request">Only TRACE and OPTIONS have a limit.</param>
    /// <param name="head">The head as it was received.</param>
    public static ProxyResponse? Apply(ProxyRequest request, ReadOnlySpan<byte> head)
    {
        if (!TryRead(request.Fields, out long limit))
        {
            return null;
        }

        if (limit == 0)
        {
            return request.Method.IsOptions ? Options() : Reflection(head);
        }

        request.Fields.Set(Name, Encoding.ASCII.GetBytes((limit - 1).ToString(CultureInfo.InvariantCulture)));
        return null;
    }

    // Max-Forwards = 1*DIGIT   RFC 9110 §7.6.2; what is larger than can be counted is as much as can be
    private static bool TryRead(FieldList fields, out long limit)
    {
        limit = 0;
        if (!fields.TryGet(Name, out ReadOnlySpan<byte> value) || value.IsEmpty || value.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return false;
        }

        if (!Utf8Parser.TryParse(value, out limit, out int _))
        {
            limit = long.MaxValue;
        }

        return true;
    }

    private static ProxyResponse Options()
    {
        ProxyResponse response = new() { StatusCode = 200 };
        response.Fields.Add("Allow"u8, "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, TRACE"u8);
        return response;
    }

    /// <summary>The request as it came, without what others must not see.</summary>
    private static ProxyResponse Reflection(ReadOnlySpan<byte> head)
    {
        byte[] content = new byte[head.Length];
        int length = 0;
        head = head.TrimStart("\r\n"u8);
        while (!head.IsEmpty)
        {
            int end = head.IndexOf((byte)'\n') + 1;
            ReadOnlySpan<byte> line = head[..end];
            head = head[end..];
            if (!IsSecret(line))
            {
                line.CopyTo(content.AsSpan(length));
                length += line.Length;
            }
        }

        ProxyResponse response = new() { StatusCode = 200, Body = MessageBody.FromBytes(content.AsMemory(0, length)) };
        response.Fields.Add("Content-Type"u8, "message/http"u8);
        return response;
    }

    private static bool IsSecret(ReadOnlySpan<byte> line)
    {
        int colon = line.IndexOf((byte)':');
        ReadOnlySpan<byte> name = line[..Math.Max(colon, 0)];
        return Ascii.EqualsIgnoreCase(name, "Cookie"u8)
            || Ascii.EqualsIgnoreCase(name, "Authorization"u8)
            || Ascii.EqualsIgnoreCase(name, "Proxy-Authorization"u8);
    }
}
