using System;
using System.Buffers;
using GoAround.Core.Http;

namespace GoAround.Core.Server;

/// <summary>Tells the backend who the client is and what it asked for: X-Forwarded-For, -Proto and -Host.</summary>
internal static class ForwardedFields
{
    private static ReadOnlySpan<byte> For => "X-Forwarded-For"u8;

    /// <summary>Appends the client to X-Forwarded-For, in one line, and sets the two others to what is known here.</summary>
    public static void Apply(ProxyRequest request, ReadOnlySpan<byte> clientAddress, bool isTls)
    {
        FieldList fields = request.Fields;
        int earlierBytes = RemoveOthers(fields);
        if (earlierBytes == 0)
        {
            fields.AddOwn(For, clientAddress, KnownField.XForwardedFor);
        }
        else
        {
            AppendClient(fields, clientAddress, earlierBytes);
        }

        fields.AddOwn("X-Forwarded-Proto"u8, isTls ? "https"u8 : "http"u8, KnownField.XForwardedProto);
        if (!request.Authority.IsEmpty)
        {
            fields.AddOwn("X-Forwarded-Host"u8, request.Authority.Span, KnownField.XForwardedHost);
        }
    }

    /// <summary>Takes out what is set anew; returns how many bytes the lines of X-Forwarded-For need in one.</summary>
    private static int RemoveOthers(FieldList fields)
    {
        int earlierBytes = 0;
        for (int i = fields.Count - 1; i >= 0; i--)
        {
            switch (fields.KnownAt(i))
            {
                case KnownField.XForwardedProto or KnownField.XForwardedHost:
                    fields.RemoveAt(i);
                    break;
                case KnownField.XForwardedFor:
                    earlierBytes += fields[i].Value.Length + 2;
                    break;
            }
        }

        return earlierBytes;
    }

    private static void AppendClient(FieldList fields, ReadOnlySpan<byte> clientAddress, int earlierBytes)
    {
        byte[] rented = ArrayPool<byte>.Shared.Rent(earlierBytes + clientAddress.Length);
        int length = 0;
        for (int i = 0; i < fields.Count; i++)
        {
            if (fields.KnownAt(i) != KnownField.XForwardedFor)
            {
                continue;
            }

            ReadOnlySpan<byte> value = fields[i].Value;
            if (!value.IsEmpty)
            {
                value.CopyTo(rented.AsSpan(length));
                length += value.Length;
                ", "u8.CopyTo(rented.AsSpan(length));
                length += 2;
            }

            fields.RemoveAt(i--);
        }

        clientAddress.CopyTo(rented.AsSpan(length));
        fields.AddOwn(For, rented.AsSpan(0, length + clientAddress.Length), KnownField.XForwardedFor);
        ArrayPool<byte>.Shared.Return(rented);
    }
}
