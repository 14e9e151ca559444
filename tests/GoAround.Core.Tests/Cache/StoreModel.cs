using System;
using System.Buffers.Binary;
using System.Threading.Tasks;
using GoAround.Core.Cache;

namespace GoAround.Core.Tests.Cache;

/// <summary>The real store, with real bytes in it.</summary>
public sealed class StoreModel : IEvictionModel, IDisposable
{
    private static readonly byte[] Head = new byte[300];
    private static readonly byte[] Content = new byte[4 << 20];

    private readonly byte[] _key = "http://www.example.com/assets/00000000.js"u8.ToArray();
    private readonly CacheMemory _memory;
    private readonly MemoryResponseCache _cache;

    public StoreModel(long capacityBytes)
    {
        _memory = new CacheMemory(capacityBytes);
        _cache = new MemoryResponseCache(_memory, TimeProvider.System, new KeyHash(1, 2));
    }

    public CacheUsage Usage => _cache.Usage;

    public long CommittedBytes => _memory.CommittedBytes;

    public bool Request(int id, int bytes)
    {
        BinaryPrimitives.WriteInt32BigEndian(_key.AsSpan(30), id);
        ValueTask<StoredResponse?> finding = _cache.FindAsync(_key, default);
        using StoredResponse? found = finding.IsCompletedSuccessfully ? finding.Result : throw new InvalidOperationException("it does not complete at once");
        if (found is not null)
        {
            return true;
        }

        using BodyBuffer body = BodyBuffer.Take(_memory, bytes);
        if (body.TryAppend(Content.AsSpan(0, Math.Min(bytes, Content.Length))))
        {
            body.Trim();
            using BufferedResponse response = new(Head, body, [], DateTimeOffset.MaxValue);
            ValueTask storing = _cache.StoreAsync(_key, response, default);
            if (!storing.IsCompletedSuccessfully)
            {
                throw new InvalidOperationException("it does not complete at once");
            }
        }

        return false;
    }

    public void Dispose() => _cache.Dispose();
}
