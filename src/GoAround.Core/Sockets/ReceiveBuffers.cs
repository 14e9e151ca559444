using System;
using System.Buffers;
using System.Runtime.CompilerServices;
using System.Threading;
using GoAround.Core.Async;

namespace GoAround.Core.Sockets;

/// <summary>
/// Buffers to receive into, for the time in which there are bytes. The small ones stand here: every request in flight keeps one,
/// more than the framework's pool would keep. Each thread has a few of its own and takes no lock (<see cref="FreeShelves"/>).
/// </summary>
internal static class ReceiveBuffers
{
    /// <summary>The size of a small one.</summary>
    public const int SmallBytes = 4 * 1024;

    /// <summary>The size of a large one, which everybody gets who asks.</summary>
    public const int LargeBytes = 64 * 1024;

    /// <summary>
    /// Received at once where that much or more is wanted, or a multiple of it: 45 segments of Ethernet, all that Linux carries in one packet down to the wire. Loopback's holds 65,483. Of 64 KiB each send left a tail of a
    /// few bytes, which is a packet of its own, and with BBR sets a timer (docs/decisions/0042).
    /// </summary>
    public const int PieceBytes = 45 * 1448;

    /// <summary>Bytes of all that are larger, at one time: clients that were fast and then stand still must not fill the memory.</summary>
    public const int MostHugeBytes = 32 * 1024 * 1024;

    private const int MaxShared = 4096; // 16 MiB, after a burst

    private static readonly FreeShelves Small = new(MaxShared);

    private static long _huge; // bytes of those larger than the large ones

    /// <summary>A buffer of so many bytes, or as near to it as memory allows.</summary>
    /// <param name="least">Bytes that are there in any case.</param>
    /// <param name="wanted">Bytes that would be better.</param>
    public static byte[] Rent(int least, int wanted) =>
        Rent(wanted <= LargeBytes || Volatile.Read(ref _huge) + wanted <= MostHugeBytes ? wanted : least); // a few at once may pass together

    /// <summary>A buffer of at least so many bytes.</summary>
    public static byte[] Rent(int bytes)
    {
        if (bytes > SmallBytes)
        {
            byte[] large = ArrayPool<byte>.Shared.Rent(bytes);
            if (large.Length > LargeBytes)
            {
                Interlocked.Add(ref _huge, large.Length);
            }

            return large;
        }

        return Unsafe.As<byte[]>(Small.TryTake()) ?? GC.AllocateUninitializedArray<byte>(SmallBytes); // nothing else is ever given there
    }

    /// <summary>Takes a rented buffer back; nobody may touch it any more. An empty one is none.</summary>
    public static void Return(byte[] buffer)
    {
        if (buffer.Length > SmallBytes)
        {
            if (buffer.Length > LargeBytes)
            {
                Interlocked.Add(ref _huge, -buffer.Length);
            }

            ArrayPool<byte>.Shared.Return(buffer);
        }
        else if (buffer.Length > 0)
        {
            Small.Give(buffer);
        }
    }
}
