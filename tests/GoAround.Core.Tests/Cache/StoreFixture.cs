using System;
using System.Buffers;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using GoAround.Core.Cache;
using Microsoft.Extensions.Time.Testing;

namespace GoAround.Core.Tests.Cache;

/// <summary>A store, and words for what is done to it.</summary>
internal sealed class StoreFixture : IDisposable
{
    public StoreFixture(long capacityBytes = 4 << 20)
    {
        Memory = new CacheMemory(capacityBytes);
        Cache = new MemoryResponseCache(Memory, Time, new KeyHash(3, 4));
        EmptyBytes = Memory.UsedBytes;
    }

    public FakeTimeProvider Time { get; } = new();

    public CacheMemory Memory { get; }

    public MemoryResponseCache Cache { get; }

    /// <summary>What it uses before anything is stored.</summary>
    public long EmptyBytes { get; }

    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    public async Task StoreAsync(string key, string body, params string[] tags) => await StoreAsync(key, body, TimeSpan.FromHours(1), tags);

    public async Task StoreAsync(string key, string body, TimeSpan keep, params string[] tags)
    {
        using BodyBuffer buffer = BodyBuffer.Take(Memory, body.Length);
        if (buffer.TryAppend(Bytes(body)))
        {
            buffer.Trim();
            using BufferedResponse response = new(Bytes("head of " + body[..Math.Min(20, body.Length)]), buffer, [.. tags.Select(tag => (ReadOnlyMemory<byte>)Bytes(tag))], Time.GetUtcNow() + keep);
            await Cache.StoreAsync(Bytes(key), response, default);
        }
    }

    public async Task StoreMarkerAsync(string key)
    {
        using StoredResponse marker = new(Bytes("marker"), ReadOnlySequence<byte>.Empty, [], DateTimeOffset.MaxValue) { IsMarker = true };
        await Cache.StoreAsync(Bytes(key), marker, default);
    }

    /// <summary>The body under a key; null: there is none.</summary>
    public async Task<string?> FindAsync(string key)
    {
        using StoredResponse? found = await Cache.FindAsync(Bytes(key), default);
        return found is null ? null : Encoding.Latin1.GetString(found.Body.ToArray());
    }

    public async Task<int> RemoveAsync(string tag) => await Cache.RemoveAsync(Bytes(tag), default);

    public void Dispose() => Cache.Dispose();
}
