using System;
using System.Globalization;
using System.Text;
using System.Threading.Tasks;
using GoAround.Core.Http;

namespace GoAround.Core;

/// <summary>
/// One final response on its way to the client, with what must be given back once it is through. Owned by whoever
/// awaited it; returning it passes ownership on; the last owner disposes it exactly once. Not safe for concurrent use.
/// </summary>
public class ProxyResponse : IAsyncDisposable
{
    private IResponseLease? _firstLease;
    private IResponseLease? _secondLease;
    private IResponseLease? _thirdLease;
    private IResponseLease[] _moreLeases = [];
    private int _leases;

    /// <summary>200..599, or 101 when the backend agreed to an upgrade; not checked; default 200.</summary>
    public int StatusCode { get; set; } = 200;

    /// <summary>The reason phrase as received; empty: the standard phrase of the code is used (RFC 9112 §4), as where it has control bytes.</summary>
    public ReadOnlyMemory<byte> Reason { get; set; }

    /// <summary>The end-to-end fields; Content-Length is not among them, see <see cref="ContentLength"/>. What is put here goes out as it is: framing and Connection are written besides, and must not be added.</summary>
    public FieldList Fields { get; } = new();

    /// <summary>The body; for 101 the backend's raw bytes; default <see cref="MessageBody.Empty"/>.</summary>
    public MessageBody Body { get; set; } = MessageBody.Empty;

    /// <summary>Bytes; what Content-Length said; null where it said nothing. It may differ from the body's length only in answers to HEAD and in 304, which have no body (RFC 9110 §8.6).</summary>
    public long? ContentLength { get; set; }

    /// <summary>What the backend switched to with 101, or asks for with 426 (RFC 9110 §7.8); empty otherwise.</summary>
    public ReadOnlyMemory<byte> UpgradeProtocol { get; set; }

    /// <summary>How many connections were tried for this response; 0 where no backend was asked.</summary>
    public int Attempts { get; set; }

    /// <summary>The backend that answered, or null where the balancer answered itself.</summary>
    public Backend? Backend { get; set; }

    /// <summary>The version the backend answered in, as Via says it; null where the balancer answered itself.</summary>
    public ProtocolVersion? ReceivedVersion { get; set; }

    /// <summary>Whose fault it is, of an error that the balancer answers itself: goes out as Proxy-Status (RFC 9209) and is counted. None for an answer of a backend.</summary>
    public ProxyError Error { get; set; }

    /// <summary>What was wrong, in words of our own that repeat nothing received; null where the error says it all.</summary>
    internal string? ErrorDetails { get; set; }

    /// <summary>The error is what the client has asked to be told: it is an answer also where errors are thrown.</summary>
    internal bool IsErrorAskedFor { get; set; }

    /// <summary>It is a tunnel with a time of its own: whoever keeps it calls the client's half when that is over (<see cref="MessageBody.OnTimedOut"/>).</summary>
    internal bool IsTimedTunnel { get; set; }

    /// <summary>Makes a response of plain text that no cache stores, as for an error.</summary>
    /// <param name="statusCode">200..599; not checked.</param>
    /// <param name="text">The body, sent as UTF-8.</param>
    /// <exception cref="ArgumentNullException">The text is null.</exception>
    public static ProxyResponse FromText(int statusCode, string text)
    {
        byte[] content = Encoding.UTF8.GetBytes(text);
        ProxyResponse response = new()
        {
            StatusCode = statusCode,
            ContentLength = content.Length,
            Body = MessageBody.FromBytes(content),
        };
        response.Fields.Add("Content-Type"u8, "text/plain; charset=utf-8"u8);
        response.Fields.Add("Cache-Control"u8, "no-store"u8);
        return response;
    }

    /// <summary>Makes the answer to an error: plain text that no cache stores, with a Proxy-Status that says whose fault it was.</summary>
    /// <param name="statusCode">400..599; not checked.</param>
    /// <param name="error">Whose fault it was.</param>
    /// <param name="text">The body: one line for a person.</param>
    /// <exception cref="ArgumentNullException">The text is null.</exception>
    public static ProxyResponse FromError(int statusCode, ProxyError error, string text)
    {
        ProxyResponse response = FromText(statusCode, text);
        response.Error = error;
        return response;
    }

    /// <summary>Makes the 503 that says when to come back.</summary>
    /// <param name="text">The body: one line for a person.</param>
    /// <param name="retryAfter">Rounded up to whole seconds, at least one (RFC 9110 §10.2.3).</param>
    /// <exception cref="ArgumentNullException">The text is null.</exception>
    public static ProxyResponse Unavailable(string text, TimeSpan retryAfter)
    {
        ProxyResponse response = FromText(503, text);
        int seconds = Math.Max(1, (int)Math.Ceiling(retryAfter.TotalSeconds));
        response.Fields.Add("Retry-After", seconds.ToString(CultureInfo.InvariantCulture));
        return response;
    }

    /// <summary>Hangs on the response what must be given back when it is disposed. Released in the order of adding: innermost first.</summary>
    /// <param name="lease">What is given back, once.</param>
    public void AddLease(IResponseLease lease)
    {
        switch (_leases++)
        {
            case 0:
                _firstLease = lease;
                break;
            case 1:
                _secondLease = lease;
                break;
            case 2:
                _thirdLease = lease; // wire, slot, and what a cache asked with
                break;
            default:
                _moreLeases = [.. _moreLeases, lease];
                break;
        }
    }

    /// <summary>Gives back everything the response holds. It may be used for another request afterwards, and must not be touched again.</summary>
    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        IResponseLease? first = _firstLease;
        IResponseLease? second = _secondLease;
        if (_leases > 2)
        {
            IResponseLease third = _thirdLease!; // there are more than two
            return ReleaseManyAsync(first!, second!, third, TakeMore());
        }

        _leases = 0;
        _firstLease = null;
        _secondLease = null;
        ValueTask released = Release(first);
        if (second is null)
        {
            return released;
        }

        return released.IsCompletedSuccessfully ? second.ReleaseAsync(this) : ReleaseNextAsync(released, second);
    }

    private IResponseLease[] TakeMore()
    {
        IResponseLease[] more = _moreLeases;
        _moreLeases = [];
        _leases = 0;
        _firstLease = null;
        _secondLease = null;
        _thirdLease = null;
        return more;
    }

    private async ValueTask ReleaseNextAsync(ValueTask released, IResponseLease next)
    {
        try
        {
            await released.ConfigureAwait(false);
        }
        finally
        {
            await next.ReleaseAsync(this).ConfigureAwait(false); // a slot must not be lost to a fault of the wire
        }
    }

    private async ValueTask ReleaseManyAsync(IResponseLease first, IResponseLease second, IResponseLease third, IResponseLease[] more)
    {
        try
        {
            await ReleaseNextAsync(Release(first), second).ConfigureAwait(false);
        }
        finally
        {
            await third.ReleaseAsync(this).ConfigureAwait(false);
            foreach (IResponseLease lease in more)
            {
                await lease.ReleaseAsync(this).ConfigureAwait(false);
            }
        }
    }

    /// <summary>A fault of the wire is told like any other, after the slot was given back.</summary>
    private ValueTask Release(IResponseLease? lease)
    {
        try
        {
            return lease?.ReleaseAsync(this) ?? default;
        }
#pragma warning disable CA1031 // it is thrown again by whoever awaits the release
        catch (Exception fault)
#pragma warning restore CA1031
        {
            return ValueTask.FromException(fault);
        }
    }
}
