using System;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core;
using NSubstitute;
using NSubstitute.ExceptionExtensions;
using Xunit;

namespace GoAround.Testing.Tests.Mocks;

/// <summary>The cache over a mocked <see cref="IResponseCache"/>: what it asks the store, and what it makes of the answers.</summary>
#pragma warning disable CA2012 // NSubstitute names a call by making it
public sealed class CacheOverMockedStoreTests
{
    private readonly IResponseCache _store = Substitute.For<IResponseCache>();
    private readonly TestBackend _backend = new TestBackend("http://a").Answers(_ => new TestReply(200, "fresh").With("Cache-Control", "max-age=60"));
    private byte[] _key = [];
    private StoredResponse? _stored;

    public CacheOverMockedStoreTests()
    {
        _store.StoreAsync(default, default!, default).ReturnsForAnyArgs(call =>
        {
            _key = call.Arg<ReadOnlyMemory<byte>>().ToArray();
            _stored = call.Arg<StoredResponse>();
            Assert.True(_stored.Share()); // it is lent: to keep is to share
            return ValueTask.CompletedTask;
        });
    }

    [Fact]
    public async Task Answer_that_may_be_stored_is_given_to_the_store_once()
    {
        await using TestBalancer balancer = await StartAsync();
        Assert.Equal("fresh", (await balancer.SendAsync("GET", "/a")).Text);
        await _store.ReceivedWithAnyArgs(1).FindAsync(default, default);
        await _store.ReceivedWithAnyArgs(1).StoreAsync(default, default!, default);
        Assert.True(_stored!.KeepUntil >= balancer.Time.GetUtcNow().AddSeconds(60)); // stale, it may still be confirmed
        Assert.Equal(5, _stored.Body.Length);
    }

    [Fact]
    public async Task What_the_store_finds_is_answered_and_no_backend_is_asked()
    {
        await using TestBalancer balancer = await StartAsync();
        await balancer.SendAsync("GET", "/a");
        _store.FindAsync(default, default).ReturnsForAnyArgs(call =>
            new(call.Arg<ReadOnlyMemory<byte>>().Span.SequenceEqual(_key) && _stored!.Share() ? _stored : null));
        balancer.Advance(TimeSpan.FromSeconds(7));
        TestAnswer answer = await balancer.SendAsync("GET", "/a");
        Assert.Equal(("fresh", "7", (Backend?)null), (answer.Text, answer.Fields["Age"], answer.Backend));
        Assert.Single(_backend.Requests);
        await balancer.SendAsync("GET", "/b");
        Assert.Equal(2, _backend.Requests.Count);
    }

    [Fact]
    public async Task Store_that_fails_is_a_store_that_has_nothing()
    {
        _store.FindAsync(default, default).ThrowsAsyncForAnyArgs(new InvalidOperationException("the disk is gone"));
        await using TestBalancer balancer = await StartAsync();
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal("fresh", (await balancer.SendAsync("GET", "/a")).Text);
        }

        Assert.Equal(3, _backend.Requests.Count);
    }

    [Fact]
    public async Task Purge_asks_the_store_to_remove()
    {
        await using TestBalancer balancer = await StartAsync();
        _store.RemoveAsync(default, default).ReturnsForAnyArgs(4);
        _store.ClearAsync(default).ReturnsForAnyArgs(9);
        Assert.Equal(4, await balancer.RunAsync(() => balancer.Balancer.Purge!.PurgeTagAsync("news", CancellationToken.None).AsTask())); // the cache is on
        Assert.Equal(9, await balancer.RunAsync(() => balancer.Balancer.Purge!.PurgeAllAsync(CancellationToken.None).AsTask()));
    }

    private Task<TestBalancer> StartAsync()
    {
        TestSetup setup = new(_backend) { Parts = new() { Cache = _store } };
        setup.Options.Cache.IsEnabled = true;
        return TestBalancer.StartAsync(setup);
    }
}
