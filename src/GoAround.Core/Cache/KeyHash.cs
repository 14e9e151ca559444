using System;
using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;

namespace GoAround.Core.Cache;

/// <summary>
/// SipHash-1-3 (Aumasson, Bernstein 2012) under a secret key: who does not know the key cannot make URLs that all fall into one
/// bucket. The rounds are those of the tables of Python, Ruby and Rust.
/// </summary>
internal readonly struct KeyHash(ulong secret0, ulong secret1)
{
    /// <summary>One with a key of its own.</summary>
    public static KeyHash Create()
    {
        Span<byte> secret = stackalloc byte[16];
        RandomNumberGenerator.Fill(secret);
        return new KeyHash(BinaryPrimitives.ReadUInt64LittleEndian(secret), BinaryPrimitives.ReadUInt64LittleEndian(secret[8..]));
    }

    /// <summary>The hash of some bytes.</summary>
    public ulong Of(ReadOnlySpan<byte> bytes)
    {
        ulong v0 = secret0 ^ 0x736f6d6570736575;
        ulong v1 = secret1 ^ 0x646f72616e646f6d;
        ulong v2 = secret0 ^ 0x6c7967656e657261;
        ulong v3 = secret1 ^ 0x7465646279746573;
        ulong last = (ulong)bytes.Length << 56;
        while (bytes.Length >= sizeof(ulong))
        {
            ulong word = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            v3 ^= word;
            Round(ref v0, ref v1, ref v2, ref v3);
            v0 ^= word;
            bytes = bytes[sizeof(ulong)..];
        }

        for (int i = 0; i < bytes.Length; i++)
        {
            last |= (ulong)bytes[i] << (8 * i);
        }

        v3 ^= last;
        Round(ref v0, ref v1, ref v2, ref v3);
        v0 ^= last;
        v2 ^= 0xff;
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        return v0 ^ v1 ^ v2 ^ v3;
    }

    private static void Round(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        v0 += v1;
        v1 = BitOperations.RotateLeft(v1, 13) ^ v0;
        v0 = BitOperations.RotateLeft(v0, 32);
        v2 += v3;
        v3 = BitOperations.RotateLeft(v3, 16) ^ v2;
        v0 += v3;
        v3 = BitOperations.RotateLeft(v3, 21) ^ v0;
        v2 += v1;
        v1 = BitOperations.RotateLeft(v1, 17) ^ v2;
        v2 = BitOperations.RotateLeft(v2, 32);
    }
}
