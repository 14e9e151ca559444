using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Hosting;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Outgoing;

/// <summary>The stream of a response over a body that lends memory, and has it overwritten as soon as it is given back.</summary>
public sealed class OutgoingStreamTests : IResponseLease
{
    private readonly byte[] _lent = [.. Enumerable.Repeat((byte)'a', 100)];
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rest_of_a_piece_is_not_read_after_the_disposal(bool isSynchronous)
    {
        using HttpMessageInvoker invoker = Answering(null, _lent);
        using HttpResponseMessage response = await SendAsync(invoker);
        Stream stream = await response.Content.ReadAsStreamAsync();
        byte[] received = new byte[100];
        Assert.Equal(1, await stream.ReadAsync(received.AsMemory(0, 1)));
        await stream.DisposeAsync();
        await _released.Task.WaitAsync(WireEnd.Patience);
        if (isSynchronous)
        {
            Assert.Throws<ObjectDisposedException>(() => stream.Read(received));
        }
        else
        {
            await Assert.ThrowsAsync<ObjectDisposedException>(() => stream.ReadAsync(received).AsTask());
        }

        Assert.DoesNotContain((byte)'!', received);
    }

    [Fact]
    public async Task Piece_that_is_being_copied_is_kept_until_it_was_written()
    {
        using HttpMessageInvoker invoker = Answering(null, _lent, _lent);
        using HttpResponseMessage response = await SendAsync(invoker);
        Stream stream = await response.Content.ReadAsStreamAsync();
        StalledStream target = new();
        Task copy = stream.CopyToAsync(target);
        ReadOnlyMemory<byte> written = await target.Written.Task.WaitAsync(WireEnd.Patience);
        await stream.DisposeAsync();
        Assert.False(_released.Task.IsCompleted);
        Assert.Equal(-1, written.Span.IndexOf((byte)'!'));
        target.Go.SetResult();
        await Assert.ThrowsAsync<IOException>(() => copy.WaitAsync(WireEnd.Patience));
        await _released.Task.WaitAsync(WireEnd.Patience);
        Assert.Equal(100, target.Count);
    }

    [Fact]
    public async Task Copy_that_fails_loses_nothing_and_is_one_read()
    {
        using HttpMessageInvoker invoker = Answering(null, _lent);
        using HttpResponseMessage response = await SendAsync(invoker);
        Stream stream = await response.Content.ReadAsStreamAsync();
        StalledStream target = new();
        Task copy = stream.CopyToAsync(target);
        await target.Written.Task.WaitAsync(WireEnd.Patience);
        await Assert.ThrowsAsync<InvalidOperationException>(() => stream.ReadAsync(new byte[1]).AsTask());
        target.Go.SetException(new InvalidDataException());
        await Assert.ThrowsAsync<InvalidDataException>(() => copy.WaitAsync(WireEnd.Patience));
        Assert.Equal(100, await stream.ReadAsync(new byte[200]));
        Assert.Equal(0, await stream.ReadAsync(new byte[200]));
        await _released.Task.WaitAsync(WireEnd.Patience);
    }

    [Fact]
    public async Task Read_whose_token_is_cancelled_before_leaves_the_response_as_it_is()
    {
        using HttpMessageInvoker invoker = Answering(null, _lent);
        using HttpResponseMessage response = await SendAsync(invoker);
        Stream stream = await response.Content.ReadAsStreamAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stream.ReadAsync(new byte[200], new CancellationToken(canceled: true)).AsTask());
        Assert.Equal(100, await stream.ReadAsync(new byte[200]));
    }

    [Theory]
    [InlineData(150L, HttpRequestError.ResponseEnded)]
    [InlineData(50L, HttpRequestError.InvalidResponse)]
    public async Task Body_of_another_length_than_it_says_is_a_fault(long length, HttpRequestError error)
    {
        using HttpMessageInvoker invoker = Answering(length, _lent);
        using HttpResponseMessage response = await SendAsync(invoker);
        HttpIOException fault = await Assert.ThrowsAsync<HttpIOException>(async () => await (await response.Content.ReadAsStreamAsync()).CopyToAsync(Stream.Null));
        Assert.Equal(error, fault.HttpRequestError);
        await _released.Task.WaitAsync(WireEnd.Patience);
    }

    [Fact]
    public async Task Response_that_is_disposed_ends_a_copy_of_its_content()
    {
        TaskCompletionSource<CancellationToken> asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using HttpMessageInvoker invoker = Answering(new ScriptedBody(null, async cancellationToken =>
        {
            asked.SetResult(cancellationToken);
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return default;
        }));
        HttpResponseMessage response = await SendAsync(invoker);
        Task copy = response.Content.CopyToAsync(Stream.Null);
        await asked.Task.WaitAsync(WireEnd.Patience);
        response.Dispose();
        Assert.IsNotType<TimeoutException>(await Assert.ThrowsAnyAsync<Exception>(() => copy.WaitAsync(WireEnd.Patience)));
        await _released.Task.WaitAsync(WireEnd.Patience);
    }

    ValueTask IResponseLease.ReleaseAsync(ProxyResponse response)
    {
        _lent.AsSpan().Fill((byte)'!'); // of another response
        _released.SetResult();
        return default;
    }

    private static Task<HttpResponseMessage> SendAsync(HttpMessageInvoker invoker) => invoker.SendAsync(new HttpRequestMessage(HttpMethod.Get, "http://orders/"), default);

    private HttpMessageInvoker Answering(long? length, params IEnumerable<byte[]> pieces)
    {
        Queue<byte[]> rest = new(pieces);
        return Answering(new ScriptedBody(length, _ => new(rest.TryDequeue(out byte[]? piece) ? piece : ReadOnlyMemory<byte>.Empty)));
    }

    private HttpMessageInvoker Answering(MessageBody body) => new(new BalancingHttpHandler(new ScriptedHandler((_, _) =>
    {
        ProxyResponse response = new() { Body = body };
        response.AddLease(this);
        return new(response);
    })));

    /// <summary>Takes one piece, when it is told to.</summary>
    private sealed class StalledStream : MemoryStream
    {
        public TaskCompletionSource<ReadOnlyMemory<byte>> Written { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Go { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Count { get; private set; }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Written.SetResult(buffer);
            await Go.Task;
            Assert.Equal(-1, buffer.Span.IndexOf((byte)'!'));
            Count += buffer.Length;
        }
    }
}
