using System;
using System.Buffers;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using GoAround.Core.Cache;
using Xunit;

namespace GoAround.Core.Tests.Cache;

public sealed class MemoryResponseCacheTests : IDisposable
{
    private readonly StoreFixture _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task What_is_stored_is_found_whole_and_nothing_else_is()
    {
        await _store.StoreAsync("http://h/a", "body of a", "x", "y");

        using StoredResponse? found = await _store.Cache.FindAsync("http://h/a"u8.ToArray(), default);

        Assert.NotNull(found);
        Assert.Equal("head of body of a", Encoding.Latin1.GetString(found.Head.Span));
        Assert.Equal("body of a", Encoding.Latin1.GetString(found.Body.ToArray()));
        Assert.Equal(["x", "y"], found.Tags.Select(tag => Encoding.Latin1.GetString(tag.Span)));
        Assert.Equal(_store.Time.GetUtcNow() + TimeSpan.FromHours(1), found.KeepUntil);
        Assert.False(found.IsMarker);
        Assert.Null(await _store.FindAsync("http://h/"));
        Assert.Null(await _store.FindAsync("http://h/a?"));
    }

    [Fact]
    public async Task Body_that_lies_in_the_memory_is_kept_without_a_copy()
    {
        using BodyBuffer body = BodyBuffer.Take(_store.Memory);
        Assert.True(body.TryAppend("hello"u8));
        body.Trim();
        using BufferedResponse response = new("h"u8.ToArray(), body, [], DateTimeOffset.MaxValue);
        await _store.Cache.StoreAsync("k"u8.ToArray(), response, default);

        using StoredResponse? found = await _store.Cache.FindAsync("k"u8.ToArray(), default);

        Assert.True(found!.Body.First.Span.Overlaps(body.ReadAt(0).Span));
        Assert.Same(body, Assert.IsAssignableFrom<BufferedResponse>(found).Buffer);
    }

    [Fact]
    public async Task Body_from_elsewhere_is_copied()
    {
        byte[] content = new byte[50_000];
        new Random(1).NextBytes(content);
        using StoredResponse response = new("h"u8.ToArray(), new ReadOnlySequence<byte>(content), [], DateTimeOffset.MaxValue);
        await _store.Cache.StoreAsync("k"u8.ToArray(), response, default);
        byte[] before = [.. content];
        Array.Clear(content);

        using StoredResponse? found = await _store.Cache.FindAsync("k"u8.ToArray(), default);

        Assert.Equal(before, found!.Body.ToArray());
    }

    [Fact]
    public async Task Response_stored_again_takes_the_place_of_the_first()
    {
        await _store.StoreAsync("k", "one", "old");
        await _store.StoreAsync("k", "two", "new");

        Assert.Equal("two", await _store.FindAsync("k"));
        Assert.Equal(1, _store.Cache.Usage.Responses);
        Assert.Equal(0, await _store.RemoveAsync("old"));
        Assert.Equal(1, await _store.RemoveAsync("new"));
        Assert.Equal(_store.EmptyBytes, _store.Memory.UsedBytes);
    }

    [Fact]
    public async Task Response_past_its_time_is_not_found_and_gives_its_room_back()
    {
        await _store.StoreAsync("k", "body", TimeSpan.FromSeconds(10));
        _store.Time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.Equal("body", await _store.FindAsync("k"));
        _store.Time.Advance(TimeSpan.FromSeconds(0.1));

        Assert.Null(await _store.FindAsync("k"));
        Assert.Equal(_store.EmptyBytes, _store.Memory.UsedBytes);
    }

    [Fact]
    public async Task Removed_response_stays_whole_and_counts_until_it_is_given_back()
    {
        await _store.StoreAsync("k", "body");
        StoredResponse? found = await _store.Cache.FindAsync("k"u8.ToArray(), default);
        Assert.Equal(1, await _store.RemoveAsync("k"));
        for (int i = 0; i < 5000; i++)
        {
            await _store.StoreAsync($"other {i}", new string('x', 3000));
        }

        Assert.Equal("body", Encoding.Latin1.GetString(found!.Body.ToArray()));
        Assert.Equal("head of body", Encoding.Latin1.GetString(found.Head.Span));
        await _store.Cache.ClearAsync(default);
        Assert.InRange(_store.Memory.UsedBytes, _store.EmptyBytes + 1, _store.EmptyBytes + 1000);
        found.Dispose();
        Assert.Equal(_store.EmptyBytes, _store.Memory.UsedBytes);
    }

    [Fact]
    public async Task Tag_removes_all_that_bear_it_and_the_response_under_its_key()
    {
        await _store.StoreMarkerAsync("http://h/");
        await _store.StoreAsync("http://h/\0en", "english", "http://h/", "news");
        await _store.StoreAsync("http://h/\0de", "deutsch", "http://h/", "news", "news");
        await _store.StoreAsync("http://h/b", "b", "news");
        await _store.StoreAsync("http://h/c", "c");

        Assert.Equal(2, await _store.RemoveAsync("http://h/"));
        Assert.Equal(1, await _store.RemoveAsync("news"));
        Assert.Equal(0, await _store.RemoveAsync("news"));
        Assert.Equal(1, await _store.RemoveAsync("http://h/c"));
        Assert.Equal(0, _store.Cache.Usage.Responses);
        Assert.Equal(_store.EmptyBytes, _store.Memory.UsedBytes);
    }

    [Fact]
    public async Task Tag_that_thousands_bear_removes_them_all()
    {
        for (int i = 0; i < 1000; i++)
        {
            await _store.StoreAsync($"http://h/{i}", "x", "all", $"tag {i % 7}");
        }

        Assert.Equal(143, await _store.RemoveAsync("tag 0"));
        Assert.Equal(857, await _store.RemoveAsync("all"));
        Assert.Equal(_store.EmptyBytes, _store.Memory.UsedBytes);
    }

    [Fact]
    public async Task Everything_is_removed_and_counted_without_the_markers()
    {
        await _store.StoreMarkerAsync("http://h/");
        for (int i = 0; i < 600; i++)
        {
            await _store.StoreAsync($"http://h/{i}", "x", "t");
        }

        Assert.Equal(600, await _store.Cache.ClearAsync(default));
        Assert.Null(await _store.FindAsync("http://h/5"));
        Assert.Equal(_store.EmptyBytes, _store.Memory.UsedBytes);
    }

    [Fact]
    public async Task Resource_has_a_hundred_variants_and_the_oldest_goes()
    {
        for (int i = 0; i < 150; i++)
        {
            await _store.StoreAsync($"http://h/\0{i}", "x", "all", "http://h/");
        }

        Assert.Equal(100, _store.Cache.Usage.Responses);
        Assert.Null(await _store.FindAsync("http://h/\049"));
        Assert.NotNull(await _store.FindAsync("http://h/\050"));
    }

    [Fact]
    public async Task Walk_through_what_nobody_asks_for_again_does_not_displace_what_is_used()
    {
        for (int i = 0; i < 50; i++)
        {
            await _store.StoreAsync($"used {i}", new string('u', 3000));
            Assert.NotNull(await _store.FindAsync($"used {i}"));
        }

        for (int i = 0; i < 5000; i++)
        {
            await _store.StoreAsync($"once {i}", new string('o', 3000));
        }

        for (int i = 0; i < 50; i++)
        {
            Assert.NotNull(await _store.FindAsync($"used {i}"));
        }

        Assert.InRange(_store.Cache.Usage.Evictions, 3000, 5000);
    }

    [Fact]
    public async Task What_is_past_its_time_goes_before_what_is_not()
    {
        for (int i = 0; i < 500; i++)
        {
            await _store.StoreAsync($"long {i}", new string('l', 2000), TimeSpan.FromHours(1));
            await _store.StoreAsync($"short {i}", new string('s', 2000), TimeSpan.FromSeconds(1));
        }

        _store.Time.Advance(TimeSpan.FromSeconds(2));
        long before = _store.Cache.Usage.Evictions;
        for (int i = 0; i < 700; i++)
        {
            await _store.StoreAsync($"new {i}", new string('n', 2000));
        }

        Assert.InRange(_store.Cache.Usage.Evictions - before, 0, 150);
    }

    [Fact]
    public async Task Body_that_is_arriving_gets_the_room_of_what_is_stored()
    {
        for (int i = 0; i < 3000; i++)
        {
            await _store.StoreAsync($"k {i}", new string('x', 2000));
        }

        using BodyBuffer body = BodyBuffer.Take(_store.Memory);

        Assert.True(body.TryAppend(new byte[2 << 20]));
        Assert.InRange(_store.Memory.CommittedBytes, 0, _store.Memory.CapacityBytes);
    }

    [Fact]
    public async Task Store_that_was_disposed_takes_nothing_in()
    {
        await _store.StoreAsync("a", "a");
        _store.Cache.Dispose();
        await _store.StoreAsync("b", "b", "t");

        Assert.Null(await _store.FindAsync("a"));
        Assert.Null(await _store.FindAsync("b"));
        Assert.Equal(0, _store.Memory.UsedBytes);
    }

    [Fact]
    public async Task Response_that_has_no_room_is_not_stored_and_leaves_nothing_behind()
    {
        using StoredResponse response = new("h"u8.ToArray(), new ReadOnlySequence<byte>(new byte[8 << 20]), ["t"u8.ToArray()], DateTimeOffset.MaxValue);

        await _store.Cache.StoreAsync("k"u8.ToArray(), response, default);

        Assert.Null(await _store.FindAsync("k"));
        Assert.Equal(_store.EmptyBytes, _store.Memory.UsedBytes);
    }
}
