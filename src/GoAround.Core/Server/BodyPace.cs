using System;

namespace GoAround.Core.Server;

/// <summary>
/// How fast one side of a body goes, averaged over the time in which it was waited for, as Kestrel's MinDataRate: so long as the average is
/// not under the rate, or the wait within the grace, there is time left.
/// </summary>
internal struct BodyPace
{
    private long _bytes;
    private TimeSpan _waited;

    /// <summary>Sets how many bytes have come in all.</summary>
    public void SetBytes(long bytes) => _bytes = bytes;

    /// <summary>Bytes have come.</summary>
    public void AddBytes(long bytes) => _bytes += bytes;

    /// <summary>They were waited for so long.</summary>
    public void AddWait(TimeSpan waited) => _waited += waited;

    /// <summary>How long it may be waited for the next byte; zero or less: the other side is too slow.</summary>
    public readonly TimeSpan Left(ServerOptions options)
    {
        if (options.MinBodyRate == 0)
        {
            return TimeSpan.MaxValue;
        }

        double earnedSeconds = Math.Min((double)_bytes / options.MinBodyRate, TimeSpan.MaxValue.TotalSeconds / 2);
        TimeSpan earned = TimeSpan.FromSeconds(Math.Max(earnedSeconds, options.MinBodyRateGrace.TotalSeconds));
        return earned - _waited;
    }
}
