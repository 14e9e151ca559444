using System;
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.Intrinsics;

namespace GoAround.Core.Http;

/// <summary>
/// Cuts received bytes into lines that end with CRLF and hold no control byte but HTAB. Remembers how far it looked, so
/// that no byte is looked at twice; keeps offsets only, so that the buffer may move between two calls.
/// </summary>
internal struct LineScanner
{
    private const ushort ColonAndSpace = 0x203A; // as bytes, the first one lowest
    private const ushort CarriageReturnAndLineFeed = 0x0A0D;

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

    /// <summary>
    /// Finds the next line if it is whole and a field as nearly all are: a name of at most 32 letters, digits and dashes, a colon, a space
    /// and a value without white space around it. Then goes past it; else nothing has changed, and <see cref="Next"/> says what there is.
    /// </summary>
    /// <param name="received">All bytes from offset zero on.</param>
    /// <param name="maxEnd">No line may end, CRLF included, behind this offset.</param>
    /// <param name="start">The name's first byte.</param>
    /// <param name="nameLength">Bytes. The value begins two bytes behind the name.</param>
    /// <param name="valueLength">Bytes.</param>
    public bool TryUsualField(ReadOnlySpan<byte> received, int maxEnd, out int start, out int nameLength, out int valueLength)
    {
        start = Start;
        nameLength = 0;
        valueLength = 0;
        if (received.Length > maxEnd)
        {
            received = received[..maxEnd];
        }

        int last = received.Length - Vector128<byte>.Count;
        if (!Vector128.IsHardwareAccelerated || start > last || _scanned != start)
        {
            return false;
        }

        nameLength = BitOperations.TrailingZeroCount(~FieldSyntax.UsualNameBytes(Vector128.Create(received[start..])));
        if (nameLength == Vector128<byte>.Count && start + nameLength <= last)
        {
            nameLength += BitOperations.TrailingZeroCount(~FieldSyntax.UsualNameBytes(Vector128.Create(received[(start + nameLength)..])));
        }

        int value = start + nameLength + 2;
        if (nameLength == 0 || value >= received.Length || BinaryPrimitives.ReadUInt16LittleEndian(received[(value - 2)..]) != ColonAndSpace)
        {
            return false;
        }

        int end = value;
        while (true)
        {
            int at = Math.Min(end, last); // the last look overlaps what was looked at before
            uint controls = FieldSyntax.ControlBytes(Vector128.Create(received[at..])) >> (end - at);
            if (controls != 0)
            {
                end += BitOperations.TrailingZeroCount(controls);
                break;
            }

            if (at == last)
            {
                return false;
            }

            end += Vector128<byte>.Count;
        }

        int next = end + 2;
        if (next > received.Length
            || BinaryPrimitives.ReadUInt16LittleEndian(received[end..]) != CarriageReturnAndLineFeed
            || FieldSyntax.IsWhiteSpace(received[value])
            || FieldSyntax.IsWhiteSpace(received[end - 1]))
        {
            return false;
        }

        valueLength = end - value;
        _scanned = next;
        Start = next;
        return true;
    }

    /// <summary>Says that bytes before <see cref="Start"/> are gone: offset zero is where <see cref="Start"/> was.</summary>
    public void Rebase()
    {
        _scanned -= Start;
        Start = 0;
    }
}
