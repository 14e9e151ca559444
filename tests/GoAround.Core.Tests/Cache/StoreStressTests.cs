using System;
using System.Buffers.Binary;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Cache;
using Xunit;

namespace GoAround.Core.Tests.Cache;

public sealed class StoreStressTests
{
    private const int Keys = 300;

    /// <summary>Each response repeats one word in head and body, which says its key too: a byte of another one shows.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Readers_see_the_bytes_of_one_response_while_others_replace_remove_and_evict(int seed)
    {
        CacheMemory memory = new(1 << 20);
        using MemoryResponseCache cache = new(memory, TimeProvider.System);
        long empty = memory.UsedBytes;
        int hits = 0;
        Task[] tasks = new Task[6];
        for (int t = 0; t < tasks.Length; t++)
        {
            int worker = t;
            tasks[t] = Task.Run(async () =>
            {
                Random random = new((seed * 100) + worker);
                for (int i = 0; i < 5_000; i++)
                {
                    int key = random.Next(Keys);
                    if (i % 2 == 0)
                    {
                        Interlocked.Add(ref hits, await CheckAsync(cache, key) ? 1 : 0);
                    }
                    else if (random.Next(100) == 0)
                    {
                        await cache.RemoveAsync(BitConverter.GetBytes(-1 - (key % 5)), default);
                    }
                    else
                    {
                        await StoreAsync(memory, cache, key, (worker << 20) | i, random.Next(4_000));
                    }
                }
            });
        }

        await Task.WhenAll(tasks);

        Assert.InRange(hits, 1, int.MaxValue);
        Assert.InRange(cache.Usage.Evictions, 1, int.MaxValue);
        await cache.ClearAsync(CancellationToken.None);
        Assert.Equal(0, cache.Usage.Responses);
        Assert.Equal(empty, memory.UsedBytes);
    }

    /// <summary>A key that is replaced all the time, and never removed, is always found.</summary>
    [Fact]
    public async Task Replacement_leaves_no_moment_without_a_response()
    {
        CacheMemory memory = new(1 << 20);
        using MemoryResponseCache cache = new(memory, TimeProvider.System, new KeyHash(1, 1));
        for (int key = 0; key < Keys; key++)
        {
            await StoreAsync(memory, cache, key, 0, 10);
        }

        Task writer = Task.Run(async () =>
        {
            for (int i = 1; i < 20_000; i++)
            {
                await StoreAsync(memory, cache, i % 3, i, 10);
            }
        });
        int missed = 0;
        while (!writer.IsCompleted)
        {
            for (int key = 0; key < 3; key++)
            {
                missed += await CheckAsync(cache, key) ? 0 : 1;
            }
        }

        await writer;
        Assert.Equal(0, missed);
    }

    private static async Task StoreAsync(CacheMemory memory, MemoryResponseCache cache, int key, int version, int words)
    {
        byte[] content = new byte[8 * (1 + words)];
        for (int i = 0; i < content.Length; i += 8)
        {
            BinaryPrimitives.WriteInt32LittleEndian(content.AsSpan(i), key);
            BinaryPrimitives.WriteInt32LittleEndian(content.AsSpan(i + 4), version);
        }

        using BodyBuffer body = BodyBuffer.Take(memory, words % 2 == 0 ? content.Length : 0);
        if (body.TryAppend(content))
        {
            body.Trim();
            using BufferedResponse response = new(content.AsMemory(0, 8), body, [BitConverter.GetBytes(-1 - (key % 5))], DateTimeOffset.MaxValue);
            await cache.StoreAsync(BitConverter.GetBytes(key), response, default);
        }
    }

    private static async Task<bool> CheckAsync(MemoryResponseCache cache, int key)
    {
        using StoredResponse? found = await cache.FindAsync(BitConverter.GetBytes(key), default);
        if (found is null)
        {
            return false;
        }

        long word = BinaryPrimitives.ReadInt64LittleEndian(found.Head.Span);
        Assert.Equal(key, (int)word);
        foreach (ReadOnlyMemory<byte> piece in found.Body)
        {
            for (int i = 0; i + 8 <= piece.Length; i += 8)
            {
                Assert.Equal(word, BinaryPrimitives.ReadInt64LittleEndian(piece.Span[i..]));
            }
        }

        return true;
    }
}
