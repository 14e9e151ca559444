using System;

namespace GoAround.Core.Http;

/// <summary>
/// Cuts received bytes into lines that end with CRLF and hold no control byte but HTAB. Remembers how far it looked, so
/// that no byte is looked at twice; keeps offsets only, so that the buffer may move between two calls.
/// </summary>
internal struct LineScanner
{
    private int _scanned;

    /// <summary>Where the line begins that was not found whole yet.</summary>
    public int Start { get; private set; }

    /// <summary>Where the last search stopped: for a control byte, its place.</summary>
    public readonly int Scanned => _scanned;

    /// <summary>Finds the next line and goes past it. What it finds does not depend on how the bytes were split over the calls.</summary>
    /// <param name="received">All bytes from offset zero on.</param>
    /// <param name="maxEnd">No line may end, CRLF included, behind this offset.</param>
    /// <param name="start">The line's first byte.</param>
    /// <param name="length">The line's bytes without CRLF.</param>
    public LineStatus Next(ReadOnlySpan<byte> received, int maxEnd, out int start, out int length)
    {
        start = Start;
        length = 0;

        // The CR stands at least two bytes before the limit; a byte on the last place would already be one too many.
        int last = maxEnd - 1;
        int end = Math.Max(_scanned, Math.Min(received.Length, last));
        int control = FieldSyntax.IndexOfControl(received[_scanned..end]);
        if (control < 0)
        {
            _scanned = end;
            return received.Length >= last ? LineStatus.TooLong : LineStatus.NeedMore;
        }

        control += _scanned;
        _scanned = control;
        if (received[control] != (byte)'\r')
        {
            return received[control] == (byte)'\n' ? LineStatus.BareLineFeed : LineStatus.ControlByte;
        }

        int next = control + 1;
        if (next == received.Length)
        {
            return LineStatus.NeedMore;
        }

        if (received[next] != (byte)'\n')
        {
            return LineStatus.BareCarriageReturn;
        }

        length = control - start;
        _scanned = next + 1;
        Start = next + 1;
        return LineStatus.Line;
    }

    /// <summary>Says that bytes before <see cref="Start"/> are gone: offset zero is where <see cref="Start"/> was.</summary>
    public void Rebase()
    {
        _scanned -= Start;
        Start = 0;
    }
}
