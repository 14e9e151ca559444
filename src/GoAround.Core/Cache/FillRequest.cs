using System;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Http;

namespace GoAround.Core.Cache;

/// <summary>A fetch's own copy of the request that began it, so that the fetch outlives its client; used again.</summary>
internal sealed class FillRequest(Fill fill) : ProxyRequest
{
    private byte[] _bytes = [];

    /// <summary>Takes over what a client asks for.</summary>
    /// <param name="request">The client's request.</param>
    /// <param name="keepsConditions">It goes out with the client's conditions and ranges, since its answer is likely to be for this client alone.</param>
    public void CopyFrom(ProxyRequest request, bool keepsConditions)
    {
        int targetLength = request.Target.Length;
        int length = targetLength + request.Authority.Length;
        if (_bytes.Length < length)
        {
            _bytes = new byte[length];
        }

        request.Target.CopyTo(_bytes);
        request.Authority.CopyTo(_bytes.AsMemory(targetLength));
        Method = RequestMethod.Get;
        Target = _bytes.AsMemory(0, targetLength);
        Authority = _bytes.AsMemory(targetLength, request.Authority.Length);
        Scheme = request.Scheme;
        Version = request.Version;
        RemoteEndPoint = request.RemoteEndPoint;
        AcceptsTrailers = request.AcceptsTrailers;
        FieldList fields = request.Fields;
        for (int i = 0; i < fields.Count; i++)
        {
            FieldLine line = fields[i];
            if (keepsConditions || line.Known != KnownField.Other || !IsConditional(line.Name))
            {
                Fields.AddOwn(line.Name, line.Value, line.Known);
            }
        }
    }

    /// <summary>Takes out the conditions and ranges: the answer shall be whole.</summary>
    public void RemoveConditions()
    {
        for (int i = Fields.Count - 1; i >= 0; i--)
        {
            if (IsConditional(Fields[i].Name))
            {
                Fields.RemoveAt(i);
            }
        }
    }

    /// <summary>Forgets the client.</summary>
    public void Forget()
    {
        Fields.Clear();
        RemoteEndPoint = null;
    }

    /// <inheritdoc/>
    public override ValueTask SendInterimAsync(int statusCode, FieldList fields, CancellationToken cancellationToken) =>
        fill.PassInterimAsync(statusCode, fields, cancellationToken);

    // If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since, If-Range   RFC 9110 §13.1; Range   §14.2
    private static bool IsConditional(ReadOnlySpan<byte> name) => name.Length switch
    {
        5 => Ascii.EqualsIgnoreCase(name, "Range"u8),
        8 => Ascii.EqualsIgnoreCase(name, "If-Match"u8) || Ascii.EqualsIgnoreCase(name, "If-Range"u8),
        13 => Ascii.EqualsIgnoreCase(name, "If-None-Match"u8),
        17 => Ascii.EqualsIgnoreCase(name, "If-Modified-Since"u8),
        19 => Ascii.EqualsIgnoreCase(name, "If-Unmodified-Since"u8),
        _ => false,
    };
}
