using System;
using System.Globalization;
using System.Text;

namespace GoAround.Core.Server;

/// <summary>The value of Date (RFC 9110 §6.6.1), made once a second.</summary>
internal sealed class DateField
{
    private readonly TimeProvider _time;
    private Second _latest = new(-1, []);

    public DateField(TimeProvider time) => _time = time;

    /// <summary>The time now, as an IMF-fixdate.</summary>
    public ReadOnlySpan<byte> Now()
    {
        DateTimeOffset now = _time.GetUtcNow();
        long second = now.ToUnixTimeSeconds();
        Second latest = _latest;
        if (latest.Number != second)
        {
            latest = new Second(second, Encoding.ASCII.GetBytes(now.ToString("r", CultureInfo.InvariantCulture)));
            _latest = latest;
        }

        return latest.Text;
    }

    private sealed record Second(long Number, byte[] Text);
}
