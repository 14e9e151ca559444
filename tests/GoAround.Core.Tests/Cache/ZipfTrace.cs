using System;
using System.Collections.Generic;

namespace GoAround.Core.Tests.Cache;

/// <summary>
/// Requests as a busy site gets them: the n-th most popular of some objects is asked for in proportion to n^-0.9, sizes are log-normal, and now
/// and then somebody walks through objects that nobody asks for again. The same for the same seed.
/// </summary>
public sealed class ZipfTrace
{
    private const double Skew = 0.9;
    private const int RequestsBetweenScans = 20_000;
    private const int ScanLength = 4_000;

    private readonly double[] _cumulated;
    private readonly int[] _sizes;
    private readonly int _requests;
    private readonly ulong _seed;

    public ZipfTrace(int objects, int requests, int meanBytes, ulong seed)
    {
        _requests = requests;
        _seed = seed;
        _cumulated = new double[objects];
        _sizes = new int[objects];
        ulong state = seed;
        double sum = 0;
        for (int i = 0; i < objects; i++)
        {
            sum += Math.Pow(i + 1, -Skew);
            _cumulated[i] = sum;
            _sizes[i] = Size(ref state, meanBytes);
            TotalBytes += _sizes[i];
        }

        for (int i = 0; i < objects; i++)
        {
            _cumulated[i] /= sum;
        }
    }

    /// <summary>What all objects have together, those of the scans left out.</summary>
    public long TotalBytes { get; }

    /// <summary>The requests in order: the number of an object, and its size in bytes.</summary>
    public IEnumerable<(int Id, int Bytes)> Requests()
    {
        ulong state = ~_seed;
        int scanned = _sizes.Length;
        for (int i = 0; i < _requests; i++)
        {
            if (i % RequestsBetweenScans >= RequestsBetweenScans - ScanLength)
            {
                yield return (scanned, _sizes[scanned % _sizes.Length]);
                scanned++;
                continue;
            }

            int found = Array.BinarySearch(_cumulated, Uniform(ref state));
            int id = Math.Min(found < 0 ? ~found : found, _sizes.Length - 1);
            yield return (id, _sizes[id]);
        }
    }

    // exp(N(0, 1)) has a mean of e^0.5.
    private static int Size(ref ulong state, int meanBytes)
    {
        double normal = Math.Sqrt(-2 * Math.Log(1 - Uniform(ref state))) * Math.Cos(2 * Math.PI * Uniform(ref state));
        return (int)Math.Clamp(meanBytes / Math.Exp(0.5) * Math.Exp(normal), 100, 64.0 * meanBytes);
    }

    // SplitMix64
    private static double Uniform(ref ulong state)
    {
        state += 0x9e3779b97f4a7c15;
        ulong mixed = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
        return ((mixed ^ (mixed >> 31)) >> 11) * (1.0 / (1UL << 53));
    }
}
