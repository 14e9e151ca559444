using System;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core;
using NSubstitute;
using NSubstitute.ExceptionExtensions;
using Xunit;

namespace GoAround.Testing.Tests.Mocks;

/// <summary>A step of one's own over a mocked <see cref="IBackendPool"/>: no backend, no socket, no clock.</summary>
#pragma warning disable CA2012 // NSubstitute names a call by making it
public sealed class HandlerOverMockedPoolTests
{
    private readonly IBackendPool _first = Substitute.For<IBackendPool>();
    private readonly IBackendPool _second = Substitute.For<IBackendPool>();
    private readonly FallbackHandler _handler;

    public HandlerOverMockedPoolTests()
    {
        _handler = new FallbackHandler(_first, _second);
        _second.FetchAsync(default!, default).ReturnsForAnyArgs(_ => new(ProxyResponse.FromText(200, "second")));
    }

    [Fact]
    public async Task Answer_of_the_first_pool_is_passed_on_as_it_is()
    {
        ProxyResponse answer = ProxyResponse.FromText(200, "first");
        _first.FetchAsync(default!, default).ReturnsForAnyArgs(answer);
        ProxyRequest request = new("GET", "/");
        using CancellationTokenSource leaving = new();
        Assert.Same(answer, await _handler.HandleAsync(request, leaving.Token));
        await _first.Received(1).FetchAsync(request, leaving.Token);
        await _second.DidNotReceiveWithAnyArgs().FetchAsync(default!, default);
    }

    [Fact]
    public async Task Answer_that_is_not_passed_on_is_given_back()
    {
        ProxyResponse refusal = ProxyResponse.Unavailable("no", TimeSpan.FromSeconds(1));
        IResponseLease lease = Substitute.For<IResponseLease>();
        refusal.AddLease(lease);
        _first.FetchAsync(default!, default).ReturnsForAnyArgs(refusal);
        await using ProxyResponse answer = await _handler.HandleAsync(new ProxyRequest("GET", "/"), default);
        Assert.Equal(200, answer.StatusCode);
        await lease.Received(1).ReleaseAsync(refusal);
    }

    [Fact]
    public async Task Body_that_is_read_already_cannot_be_sent_again()
    {
        _first.FetchAsync(default!, default).ReturnsForAnyArgs(_ => new(ProxyResponse.Unavailable("no", TimeSpan.FromSeconds(1))));
        ProxyRequest request = new("PUT", "/") { Body = Substitute.For<MessageBody>() }; // TryRewind says false
        await using ProxyResponse answer = await _handler.HandleAsync(request, default);
        Assert.Equal(503, answer.StatusCode);
    }

    [Fact]
    public async Task Client_that_left_is_no_reason_to_ask_anybody_else()
    {
        _first.FetchAsync(default!, default).ThrowsAsyncForAnyArgs(new OperationCanceledException());
        await Assert.ThrowsAsync<OperationCanceledException>(() => _handler.HandleAsync(new ProxyRequest("GET", "/"), default).AsTask());
        await _second.DidNotReceiveWithAnyArgs().FetchAsync(default!, default);
    }
}
