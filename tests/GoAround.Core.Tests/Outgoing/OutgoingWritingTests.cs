using System;
using System.IO;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Outgoing;

/// <summary>What the code of a content meets that writes in its own way.</summary>
public sealed class OutgoingWritingTests
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task Content_that_writes_synchronously_is_sent(bool isWarm, bool beginsAsynchronously)
    {
        using ScriptedBackend backend = new ScriptedBackend().Serve(async link =>
        {
            while (await link.TryReadHeadAsync() is { } head)
            {
                if (head.StartsWith("POST", StringComparison.Ordinal))
                {
                    await link.ExpectAsync("3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n");
                }

                await link.SendAsync(WireEnd.Response("ok"));
            }
        });
        await using OutgoingFixture fixture = new(backend);
        if (isWarm)
        {
            Assert.Equal("ok", await fixture.Client.GetStringAsync("/"));
        }

        using ScriptedContent content = new(async (stream, cancellationToken) =>
        {
            if (beginsAsynchronously)
            {
                await stream.WriteAsync("abc"u8.ToArray(), cancellationToken).ConfigureAwait(false);
            }
            else
            {
                stream.Write("abc"u8);
            }

            stream.Write("def"u8.ToArray(), 0, 3);
        });
        using HttpResponseMessage response = await Task.Run(() => fixture.Client.PostAsync("/", content)).WaitAsync(WireEnd.Patience);
        Assert.Equal("ok", await response.Content.ReadAsStringAsync());
        Assert.Empty(backend.Faults);
    }

    [Fact]
    public async Task Content_in_memory_of_a_class_of_ones_own_may_write_synchronously_too()
    {
        using ScriptedBackend backend = new ScriptedBackend().Serve(async link =>
        {
            Assert.Contains("\r\nContent-Length: 3\r\n", await link.ReadHeadAsync(), StringComparison.Ordinal);
            await link.ExpectAsync("abc");
            await link.SendAsync(WireEnd.Response("ok"));
        });
        await using OutgoingFixture fixture = new(backend);
        using HttpResponseMessage response = await Task.Run(() => fixture.Client.PostAsync("/", new OwnBytes("abc"u8.ToArray()))).WaitAsync(WireEnd.Patience);
        Assert.Equal("ok", await response.Content.ReadAsStringAsync());
        Assert.Empty(backend.Faults);
    }

    [Fact]
    public async Task Content_of_known_length_goes_on_once_its_last_byte_was_sent()
    {
        using ScriptedBackend backend = new();
        await using OutgoingFixture fixture = new(backend);
        TaskCompletionSource<CancellationToken> written = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using ScriptedContent content = new(async (stream, cancellationToken) =>
        {
            try
            {
                await stream.WriteAsync("abc"u8.ToArray(), CancellationToken.None);
                written.SetResult(cancellationToken);
            }
            catch (IOException fault)
            {
                written.SetException(fault);
            }
        });
        content.Headers.ContentLength = 3;
        Task<HttpResponseMessage> send = fixture.Client.PostAsync("/", content);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.ExpectAsync("abc");
        Assert.False((await written.Task.WaitAsync(WireEnd.Patience)).IsCancellationRequested);
        await link.SendAsync(WireEnd.Response("ok"));
        using HttpResponseMessage response = await send.WaitAsync(WireEnd.Patience);
        Assert.Equal("ok", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Content_that_goes_on_after_its_length_is_told()
    {
        using ScriptedBackend backend = new();
        await using OutgoingFixture fixture = new(backend);
        TaskCompletionSource<Exception?> tooMuch = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using ScriptedContent content = new(async (stream, cancellationToken) =>
        {
            Exception? fault = await Record.ExceptionAsync(() => stream.WriteAsync("abc"u8.ToArray(), CancellationToken.None).AsTask());
            tooMuch.SetResult(fault ?? await Record.ExceptionAsync(() => stream.WriteAsync("d"u8.ToArray(), CancellationToken.None).AsTask()));
        });
        content.Headers.ContentLength = 3;
        Task<HttpResponseMessage> send = fixture.Client.PostAsync("/", content);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.ExpectAsync("abc");
        HttpRequestException fault = Assert.IsType<HttpRequestException>(await tooMuch.Task.WaitAsync(WireEnd.Patience));
        Assert.Contains("Content-Length", fault.Message, StringComparison.Ordinal);
        await link.SendAsync(WireEnd.Response("ok"));
        (await send.WaitAsync(WireEnd.Patience)).Dispose();
    }

    private sealed class OwnBytes(byte[] content) : ByteArrayContent(content)
    {
        private readonly byte[] _content = content;

        protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context)
        {
            stream.Write(_content);
            return Task.CompletedTask;
        }

        protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context, CancellationToken cancellationToken) =>
            SerializeToStreamAsync(stream, context);
    }
}
