using System;
using System.Net.Sockets;
using System.Text;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Load;

[Collection(Alone.Name)]
public sealed class StreamingTests
{
    private const int BodyBytes = 64 * 1024 * 1024;
    private const int PieceBytes = 64 * 1024;
    private const int AllowedBytes = 24 * 1024 * 1024; // pieces of up to 1 MiB, and those that a pool keeps for each thread which had one

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Long_upload_takes_bounded_memory(bool isChunked)
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\n" + Framing(isChunked));
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await PassAsync(client, link, isChunked);
        await link.SendAsync(WireEnd.Response("ok"));
        await client.ExpectAsync(WireEnd.Response("ok"));
        proxy.ExpectNoErrors();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Long_download_takes_bounded_memory(bool isChunked)
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync("HTTP/1.1 200 OK\r\n" + Framing(isChunked));
        await client.ReadHeadAsync();
        await PassAsync(link, client, isChunked);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        await link.ReadHeadAsync();
        await link.SendAsync(WireEnd.Response("again"));
        await client.ExpectAsync(WireEnd.Response("again"));
        proxy.ExpectNoErrors();
    }

    private static string Framing(bool isChunked) =>
        isChunked ? "Transfer-Encoding: chunked\r\n\r\n" : $"Content-Length: {BodyBytes}\r\n\r\n";

    /// <summary>Sends the body on one end while the other one reads it, and looks at the memory.</summary>
    private static async Task PassAsync(WireEnd sender, WireEnd reader, bool isChunked)
    {
        byte[] piece = isChunked
            ? [.. Encoding.ASCII.GetBytes($"{PieceBytes:x}\r\n"), .. new byte[PieceBytes], .. "\r\n"u8]
            : new byte[PieceBytes];
        long before = GC.GetTotalMemory(forceFullCollection: true);
        Task sending = Task.Run(async () =>
        {
            for (int i = 0; i < BodyBytes / PieceBytes; i++)
            {
                await SendAllAsync(sender.Socket, piece);
            }

            await SendAllAsync(sender.Socket, isChunked ? "0\r\n\r\n"u8.ToArray() : []);
        });
        byte[] buffer = new byte[PieceBytes];
        long content = 0;
        long most = 0;
        byte[] tail = [];
        while (isChunked ? !tail.AsSpan().EndsWith("\r\n0\r\n\r\n"u8) : content < BodyBytes)
        {
            int count = await reader.Socket.ReceiveAsync(buffer).WaitAsync(WireEnd.Patience);
            Assert.NotEqual(0, count);
            content += count;
            tail = [.. tail, .. buffer.AsSpan(Math.Max(0, count - 7), Math.Min(7, count))];
            tail = tail[Math.Max(0, tail.Length - 7)..];
            long used = GC.GetTotalMemory(forceFullCollection: false);
            most = Math.Max(most, used - before < AllowedBytes ? used : GC.GetTotalMemory(forceFullCollection: true)); // garbage, this test's own too, is not held
        }

        await sending;
        Assert.True(content >= BodyBytes);
        most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true));
        Assert.True(most - before < AllowedBytes, $"{most - before} bytes more than before");
    }

    private static async Task SendAllAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await socket.SendAsync(bytes).AsTask().WaitAsync(WireEnd.Patience)..];
        }
    }
}
