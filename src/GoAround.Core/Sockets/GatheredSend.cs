using System;
using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace GoAround.Core.Sockets;

/// <summary>One system call that sends several pieces of memory.</summary>
internal static class GatheredSend
{
    private const int MostPieces = 8;

    /// <summary>Sends what the socket takes of these bytes at once, and of many pieces only the first; returns what the system call does.</summary>
    /// <exception cref="ObjectDisposedException">The socket was closed from this side.</exception>
    public static unsafe nint Send(SafeHandle socket, ReadOnlyMemory<byte> first, in ReadOnlySequence<byte> rest, int flags)
    {
        Pins pins = default;
        Piece* pieces = stackalloc Piece[MostPieces];
        int count = 0;
        try
        {
            // Every piece is pinned until the call has returned, and its length goes along.
            Add(first, ref pins, pieces, ref count);
            foreach (ReadOnlyMemory<byte> piece in rest)
            {
                if (count == MostPieces)
                {
                    break;
                }

                Add(piece, ref pins, pieces, ref count);
            }

            LinuxCalls.MessageHeader message = new() { Pieces = pieces, PieceCount = (nuint)count };
            return LinuxCalls.SendMessage(socket, &message, flags);
        }
        finally
        {
            for (int i = 0; i < count; i++)
            {
                pins[i].Dispose();
            }
        }
    }

    private static unsafe void Add(ReadOnlyMemory<byte> bytes, ref Pins pins, Piece* pieces, ref int count)
    {
        if (bytes.IsEmpty)
        {
            return;
        }

        pins[count] = bytes.Pin();
        pieces[count] = new Piece { Start = pins[count].Pointer, Length = (nuint)bytes.Length };
        count++;
    }

    // struct iovec
    private unsafe struct Piece
    {
        public void* Start;
        public nuint Length;
    }

    [InlineArray(MostPieces)]
    private struct Pins
    {
        private MemoryHandle _first;
    }
}
