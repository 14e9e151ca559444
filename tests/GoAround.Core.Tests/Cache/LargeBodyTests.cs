using System;
using System.Security.Cryptography;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Cache;

public sealed class LargeBodyTests
{
    private const int Pieces = 64;
    private const int PieceBytes = 64 * 1024;

    [Fact]
    public async Task A_body_announced_too_large_is_for_the_first_client_alone()
    {
        await using CacheStage stage = new(configure: options => options.MaxObjectBytes = 8);
        Task<CacheReply> one = stage.AskAsync();
        Task<CacheReply> two = stage.AskAsync();
        (await stage.CallAsync()).Answer("123456789");
        (await stage.CallAsync()).Answer("123456789");
        Assert.Equal("123456789", (await one).Body);
        Assert.Equal("123456789", (await two).Body);
        Assert.Empty(((DictionaryCache)stage.Store).Keys);
    }

    [Fact]
    public async Task A_body_that_outgrows_the_limit_goes_on_to_all_who_read_it_and_is_not_stored()
    {
        await using CacheStage stage = new(configure: options => options.MaxObjectBytes = 512 * 1024);
        Task<(long Length, string Hash)>[] readers = [HashAsync(stage), HashAsync(stage)];
        OriginCall call = await stage.CallAsync();
        PushedBody body = new(null);
        call.Answer(body);
        string sent = await PushAsync(body, readers);
        foreach (Task<(long Length, string Hash)> reader in readers)
        {
            (long length, string hash) = await reader.WaitAsync(WireEnd.Patience);
            Assert.Equal(Pieces * PieceBytes, length);
            Assert.Equal(sent, hash);
        }

        Assert.Equal(1, stage.Calls);
        Assert.Empty(((DictionaryCache)stage.Store).Keys);
        await Until.TrueAsync(() => stage.Memory.UsedBytes == 0, "memory was lost");
    }

    [Fact]
    public async Task The_fetch_of_a_body_that_outgrew_the_limit_waits_for_its_only_reader()
    {
        await using CacheStage stage = new(configure: options => options.MaxObjectBytes = 128 * 1024);
        Task<ProxyResponse> asking = stage.Handler.HandleAsync(CacheStage.Get(), default).AsTask();
        OriginCall call = await stage.CallAsync();
        PushedBody body = new(null);
        call.Answer(body);
        for (int i = 0; i < Pieces; i++)
        {
            body.Push(new byte[PieceBytes]);
        }

        body.End();
        ProxyResponse response = await asking.WaitAsync(WireEnd.Patience);
        await Until.TrueAsync(() => body.Reads > 4, "it did not begin");
        Assert.InRange(body.Reads, 5, 16);
        Assert.Equal(Pieces * PieceBytes, (await CacheReply.ReadAsync(response)).Body.Length);
    }

    [Fact]
    public async Task A_reader_that_falls_a_window_behind_others_is_cut()
    {
        await using CacheStage stage = new(configure: options => options.MaxObjectBytes = 128 * 1024);
        Task<ProxyResponse> asking = stage.Handler.HandleAsync(CacheStage.Get(), default).AsTask();
        OriginCall call = await stage.CallAsync();
        PushedBody body = new(null);
        call.Answer(body);
        body.Push(new byte[PieceBytes]);
        await using ProxyResponse slow = await asking.WaitAsync(WireEnd.Patience);
        Assert.False((await slow.Body.ReadAsync(default)).IsEmpty);
        Task<(long Length, string Hash)> quick = HashAsync(stage);
        for (int i = 1; i < Pieces; i++)
        {
            body.Push(new byte[PieceBytes]);
        }

        body.End();
        Assert.Equal(Pieces * PieceBytes, (await quick.WaitAsync(WireEnd.Patience)).Length);
        await Assert.ThrowsAsync<BackendException>(async () =>
        {
            while (!(await slow.Body.ReadAsync(default)).IsEmpty)
            {
            }
        });
    }

    [Fact]
    public async Task After_a_body_that_outgrew_the_limit_each_is_served_at_its_own_pace()
    {
        await using CacheStage stage = new(configure: options => options.MaxObjectBytes = 128 * 1024);
        Task<(long Length, string Hash)> first = HashAsync(stage);
        PushedBody body = new(null);
        (await stage.CallAsync()).Answer(body);
        for (int i = 0; i < 4; i++)
        {
            body.Push(new byte[PieceBytes]);
        }

        body.End();
        Assert.Equal(4 * PieceBytes, (await first.WaitAsync(WireEnd.Patience)).Length);
        PushedBody second = new(null);
        Task<CacheReply> one = stage.AskAsync();
        (await stage.CallAsync()).Answer(second);
        second.Push("one");
        Task<CacheReply> two = stage.AskAsync();
        (await stage.CallAsync()).Answer("two");
        second.End();
        Assert.Equal(["one", "two"], [(await one).Body, (await two).Body]);
    }

    [Fact]
    public async Task After_a_body_that_outgrew_the_limit_no_room_is_made_for_the_next_ones_for_a_while()
    {
        await using CacheStage stage = new(configure: options => options.MaxObjectBytes = 128 * 1024);
        for (int i = 0; i < 2; i++)
        {
            Task<CacheReply> asking = stage.AskAsync();
            PushedBody body = new(null);
            (await stage.CallAsync()).Answer(body);
            for (int piece = 0; piece < 4; piece++)
            {
                body.Push(new byte[PieceBytes]);
                int read = piece;
                await Until.TrueAsync(() => body.Reads > read + 1, "nobody reads");
                Assert.True(i == 0 || stage.Memory.UsedBytes == 0);
            }

            body.End();
            Assert.Equal(4 * PieceBytes, (await asking).Body.Length);
            await Until.TrueAsync(() => stage.Handler.IsIdle, "the fetch did not end");
        }

        stage.Advance(121);
        Task<CacheReply> later = stage.AskAsync();
        PushedBody small = new(null);
        (await stage.CallAsync()).Answer(small);
        small.Push("small");
        small.End();
        Assert.Equal("small", (await later).Body);
        await Until.TrueAsync(() => stage.Handler.IsIdle, "the fetch did not end");
        Assert.Equal(["http://h/a"], ((DictionaryCache)stage.Store).Keys);
    }

    [Fact]
    public async Task A_body_for_which_there_is_no_room_goes_on_all_the_same()
    {
        await using CacheStage stage = new(configure: options => options.SizeBytes = 1024 * 1024);
        while (stage.Memory.TryTake(64 * 1024, 0, out _))
        {
        }

        Task<(long Length, string Hash)> reader = HashAsync(stage);
        PushedBody body = new(Pieces * PieceBytes / 64);
        (await stage.CallAsync()).Answer(body);
        body.Push(new byte[PieceBytes]);
        body.End();
        Assert.Equal(PieceBytes, (await reader.WaitAsync(WireEnd.Patience)).Length);
        Assert.Empty(((DictionaryCache)stage.Store).Keys);
    }

    private static async Task<string> PushAsync(PushedBody body, Task[] readers)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Random random = new(7);
        for (int i = 0; i < Pieces; i++)
        {
            byte[] piece = new byte[PieceBytes];
            random.NextBytes(piece);
            hash.AppendData(piece);
            body.Push(piece);
            int read = i;
            await Until.TrueAsync(() => body.Reads > read || Task.WhenAny(readers).IsCompleted, "nobody reads");
        }

        body.End();
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private static async Task<(long Length, string Hash)> HashAsync(CacheStage stage)
    {
        await using ProxyResponse response = await stage.Handler.HandleAsync(CacheStage.Get(), default);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long length = 0;
        while (await response.Body.ReadAsync(default) is { IsEmpty: false } piece)
        {
            hash.AppendData(piece.Span);
            length += piece.Length;
        }

        return (length, Convert.ToHexString(hash.GetHashAndReset()));
    }
}
