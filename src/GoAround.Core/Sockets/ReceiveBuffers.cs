using System;
using System.Buffers;
using System.Collections.Generic;
using System.Threading;

namespace GoAround.Core.Sockets;

/// <summary>
/// Buffers to receive into, for the time in which there are bytes. The small ones stand here: every request in flight keeps one,
/// more than the framework's pool would keep. Each thread has a few of its own and takes no lock; what runs over or dry moves by the dozen.
/// </summary>
internal static class ReceiveBuffers
{
    /// <summary>The size of a small one.</summary>
    public const int SmallBytes = 4 * 1024;

    /// <summary>The size of a large one, which everybody gets who asks.</summary>
    public const int LargeBytes = 64 * 1024;

    /// <summary>Bytes of all that are larger, at one time: clients that were fast and then stand still must not fill the memory.</summary>
    public const int MostHugeBytes = 32 * 1024 * 1024;

    private const int MovedAtOnce = 32;
    private const int MaxOwn = MovedAtOnce * 2;
    private const int MaxShared = 4096; // 16 MiB, after a burst

    private static readonly Lock Gate = new();
    private static readonly Stack<byte[]> Shared = new();

    private static long _huge; // bytes of those larger than the large ones

    [ThreadStatic]
    private static byte[]?[]? _own;

    [ThreadStatic]
    private static int _count;

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

        if (_count == 0)
        {
            TakeShared();
        }

        if (_count == 0)
        {
            return GC.AllocateUninitializedArray<byte>(SmallBytes);
        }

        ref byte[]? last = ref _own![--_count]; // there is one
        byte[] buffer = last!; // up to the count all are set
        last = null;
        return buffer;
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
            _own ??= new byte[MaxOwn][];
            if (_count == MaxOwn)
            {
                GiveShared();
            }

            _own[_count++] = buffer;
        }
    }

    private static void TakeShared()
    {
        _own ??= new byte[MaxOwn][];
        lock (Gate)
        {
            while (_count < MovedAtOnce && Shared.TryPop(out byte[]? buffer))
            {
                _own[_count++] = buffer;
            }
        }
    }

    private static void GiveShared()
    {
        lock (Gate)
        {
            for (int i = 0; i < MovedAtOnce; i++)
            {
                ref byte[]? last = ref _own![--_count]; // it is full
                if (Shared.Count < MaxShared)
                {
                    Shared.Push(last!); // up to the count all are set
                }

                last = null;
            }
        }
    }
}
