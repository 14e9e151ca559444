using System;
using System.Linq;
using System.Security.Cryptography;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Cache;

public sealed class LargeBodyTests
{
    internal const int Pieces = 64;
    internal const int PieceBytes = 64 * 1024;
    internal const int LimitBytes = 2 * PieceBytes;
    internal const int WindowBytes = 4 * PieceBytes;

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
    public async Task Nobody_is_cut_of_several_who_keep_pace()
    {
        await using CacheStage stage = new(configure: options => options.MaxObjectBytes = LimitBytes, time: new EagerTime()); // whatever wakes the fetch, it has gone on when the reader does
        (Follower[] readers, PushedBody body) = await BeginAsync(stage, 3);
        for (int window = 0; LimitBytes + (window * WindowBytes) < Pieces * PieceBytes; window++)
        {
            int ahead = Math.Min((LimitBytes + ((window + 2) * WindowBytes)) / PieceBytes, Pieces) + 1; // the next window, and a piece that waits for its room or the end
            foreach (Follower reader in readers)
            {
                await reader.ReadToAsync(LimitBytes + (window * WindowBytes) + 1);
                await Until.TrueAsync(() => body.Reads >= ahead, "it does not go on");
                Assert.Equal(ahead, body.Reads); // it does not run away from them
            }
        }

        foreach (Follower reader in readers)
        {
            await reader.ReadToAsync(Pieces * PieceBytes);
            Assert.Equal(Pieces * PieceBytes, await reader.ReadToAsync(long.MaxValue));
            await reader.Response.DisposeAsync();
        }
    }

    [Fact]
    public async Task Who_falls_two_windows_behind_others_is_waited_for()
    {
        await using CacheStage stage = new(configure: options => options.MaxObjectBytes = LimitBytes);
        (Follower[] readers, PushedBody body) = await BeginAsync(stage, 2);
        await readers[1].ReadToAsync(1);
        await readers[0].ReadToAsync(LimitBytes + (2 * WindowBytes));
        ValueTask<ReadOnlyMemory<byte>> more = readers[0].Response.Body.ReadAsync(default);
        Assert.False(more.IsCompleted);
        await Until.TrueAsync(() => body.Reads >= 11, "it did not come to where it waits"); // all that there is room for, and one piece more
        Assert.Equal(11, body.Reads);
        await readers[1].ReadToAsync(LimitBytes + 1);
        Assert.False((await more.AsTask().WaitAsync(WireEnd.Patience)).IsEmpty);
        await readers[1].ReadToAsync(LimitBytes + (2 * WindowBytes));
        Task<CacheReply> rest = CacheReply.ReadAsync(readers[0].Response);
        Assert.Equal(Pieces * PieceBytes, await readers[1].ReadToAsync(long.MaxValue));
        await readers[1].Response.DisposeAsync();
        await rest;
    }

    [Fact]
    public async Task Those_behind_hold_up_the_others_for_a_while_and_are_cut_and_the_next_ones_for_half_as_long()
    {
        EagerTime time = new();
        await using CacheStage stage = new(configure: options => options.MaxObjectBytes = LimitBytes, time: time);
        (Follower[] readers, PushedBody body) = await BeginAsync(stage, 3);
        await using ProxyResponse ahead = readers[0].Response;
        await using ProxyResponse stalled = readers[1].Response;
        await using ProxyResponse stallsLater = readers[2].Response;
        await readers[1].ReadToAsync(1);
        await readers[2].ReadToAsync(LimitBytes + WindowBytes);
        Task<ReadOnlyMemory<byte>> more = await StarveAsync(readers[0], time, LimitBytes + (2 * WindowBytes));
        stage.Advance(2.499);
        Assert.False(more.IsCompleted);
        stage.Advance(0.001);
        Assert.False(readers[0].Take(await more.WaitAsync(WireEnd.Patience)).IsEmpty);
        more = await StarveAsync(readers[0], time, LimitBytes + (3 * WindowBytes));
        stage.Advance(1.249);
        Assert.False(more.IsCompleted);
        stage.Advance(0.001);
        Assert.False(readers[0].Take(await more.WaitAsync(WireEnd.Patience)).IsEmpty);
        Assert.Equal(Pieces * PieceBytes, await readers[0].ReadToAsync(long.MaxValue)); // the clock stands still: nobody else is waited for
        foreach (Follower slow in readers[1..])
        {
            BackendException cut = await Assert.ThrowsAsync<BackendException>(() => slow.ReadToAsync(Pieces * PieceBytes));
            Assert.Equal(BackendFailureKind.TimedOut, cut.Kind);
        }
    }

    [Fact]
    public async Task One_who_reads_as_fast_as_another_is_not_cut_because_a_third_one_stalls()
    {
        EagerTime time = new();
        await using CacheStage stage = new(configure: options => options.MaxObjectBytes = LimitBytes, time: time);
        (Follower[] readers, PushedBody body) = await BeginAsync(stage, 3);
        await using ProxyResponse stalled = readers[1].Response;
        await using ProxyResponse fast = readers[2].Response;
        await readers[1].ReadToAsync(1);
        await readers[2].ReadToAsync(LimitBytes + (2 * WindowBytes));
        Task<ReadOnlyMemory<byte>> more = await StarveAsync(readers[0], time, LimitBytes + (2 * WindowBytes));
        stage.Advance(2.5);
        Assert.False(readers[0].Take(await more.WaitAsync(WireEnd.Patience)).IsEmpty); // the stalled one is cut
        await readers[0].ReadToAsync(LimitBytes + (4 * WindowBytes));
        Task<CacheReply> rest = CacheReply.ReadAsync(readers[0].Response); // it is two windows ahead for as long as the other one is not woken
        Assert.Equal(Pieces * PieceBytes, await readers[2].ReadToAsync(long.MaxValue));
        await rest.WaitAsync(WireEnd.Patience);
    }

    [Fact]
    public async Task The_only_one_left_is_not_cut_however_slow_it_is()
    {
        EagerTime time = new();
        await using CacheStage stage = new(configure: options => options.MaxObjectBytes = LimitBytes, time: time);
        (Follower[] readers, PushedBody body) = await BeginAsync(stage, 2);
        await readers[1].ReadToAsync(1);
        using CancellationTokenSource leaving = new();
        Task<ReadOnlyMemory<byte>> more = await StarveAsync(readers[0], time, LimitBytes + (2 * WindowBytes), leaving.Token);
        stage.Advance(1);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => more.WaitAsync(WireEnd.Patience));
        await readers[0].Response.DisposeAsync();
        stage.Advance(60);
        Assert.Equal(11, body.Reads);
        Assert.Equal(Pieces * PieceBytes, await readers[1].ReadToAsync(long.MaxValue));
        await readers[1].Response.DisposeAsync();
    }

    [Fact]
    public async Task Nobody_is_cut_while_those_ahead_have_something_to_read()
    {
        await using CacheStage stage = new(configure: options => options.MaxObjectBytes = LimitBytes, time: new EagerTime());
        (Follower[] readers, PushedBody body) = await BeginAsync(stage, 2);
        await readers[1].ReadToAsync(1);
        await readers[0].ReadToAsync(LimitBytes + WindowBytes + 1);
        await Until.TrueAsync(() => body.Reads >= 11, "it did not come to where it waits");
        stage.Advance(60);
        Assert.Equal(11, body.Reads);
        await readers[1].ReadToAsync(LimitBytes + WindowBytes + 1);
        Task<CacheReply> rest = CacheReply.ReadAsync(readers[0].Response);
        Assert.Equal(Pieces * PieceBytes, await readers[1].ReadToAsync(long.MaxValue));
        await readers[1].Response.DisposeAsync();
        await rest.WaitAsync(WireEnd.Patience);
    }

    [Fact]
    public async Task Also_where_one_was_cut_nobody_is_cut_while_those_ahead_have_something_to_read()
    {
        EagerTime time = new();
        await using CacheStage stage = new(configure: options => options.MaxObjectBytes = LimitBytes, time: time);
        (Follower[] readers, PushedBody body) = await BeginAsync(stage, 3);
        await using ProxyResponse ahead = readers[0].Response;
        await using ProxyResponse stalled = readers[1].Response;
        await using ProxyResponse slow = readers[2].Response;
        await readers[1].ReadToAsync(1);
        await readers[2].ReadToAsync(LimitBytes + WindowBytes);
        Task<ReadOnlyMemory<byte>> more = await StarveAsync(readers[0], time, LimitBytes + (2 * WindowBytes));
        stage.Advance(6);
        Assert.False((await more.WaitAsync(WireEnd.Patience)).IsEmpty); // one window more: the stalled one is cut
        Assert.Equal(15, body.Reads);
        await readers[2].ReadToAsync(LimitBytes + (2 * WindowBytes) + 1);
        await Assert.ThrowsAsync<BackendException>(() => readers[1].ReadToAsync(Pieces * PieceBytes));
    }

    [Fact]
    public async Task One_behind_who_leaves_is_not_waited_for()
    {
        await using CacheStage stage = new(configure: options => options.MaxObjectBytes = LimitBytes);
        (Follower[] readers, PushedBody body) = await BeginAsync(stage, 2);
        Task<CacheReply> quick = CacheReply.ReadAsync(readers[0].Response);
        await Until.TrueAsync(() => body.Reads == 11, "it did not come to where it waits");
        await readers[1].Response.DisposeAsync();
        Assert.Equal(Pieces * PieceBytes, (await quick.WaitAsync(WireEnd.Patience)).Body.Length);
    }

    [Fact]
    public async Task Stopping_the_cache_stops_a_fetch_that_waits_for_one_behind()
    {
        CacheStage stage = new(configure: options => options.MaxObjectBytes = LimitBytes);
        (Follower[] readers, PushedBody body) = await BeginAsync(stage, 2);
        await using ProxyResponse slow = readers[1].Response;
        Task<CacheReply> quick = CacheReply.ReadAsync(readers[0].Response);
        await Until.TrueAsync(() => body.Reads == 11, "it did not come to where it waits");
        await stage.DisposeAsync();
        await Assert.ThrowsAsync<BackendException>(() => quick.WaitAsync(WireEnd.Patience));
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

    [Theory]
    [InlineData(4, PieceBytes)]
    [InlineData(3, PieceBytes * 3 / 4)] // a piece is taken whole or not at all, so that the limit is not reached; and it ends in the first window
    public async Task After_a_body_that_outgrew_the_limit_no_room_is_made_for_the_next_ones_for_a_while(int pieces, int pieceBytes)
    {
        await using CacheStage stage = new(configure: options => options.MaxObjectBytes = 128 * 1024);
        for (int i = 0; i < 2; i++)
        {
            Task<CacheReply> asking = stage.AskAsync();
            PushedBody body = new(null);
            (await stage.CallAsync()).Answer(body);
            for (int piece = 0; piece < pieces; piece++)
            {
                body.Push(new byte[pieceBytes]);
                int read = piece;
                await Until.TrueAsync(() => body.Reads > read + 1, "nobody reads");
                Assert.True(i == 0 || stage.Memory.UsedBytes == 0);
            }

            body.End();
            Assert.Equal(pieces * pieceBytes, (await asking).Body.Length);
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

    /// <summary>Some who share a body that is all there, and outgrows the limit.</summary>
    internal static async Task<(Follower[] Readers, PushedBody Body)> BeginAsync(CacheStage stage, int count)
    {
        Task<ProxyResponse>[] asking = [.. Enumerable.Range(0, count).Select(_ => stage.Handler.HandleAsync(CacheStage.Get(), default).AsTask())];
        PushedBody body = new(null);
        for (int i = 0; i < Pieces; i++)
        {
            body.Push(new byte[PieceBytes]);
        }

        body.End();
        (await stage.CallAsync()).Answer(body);
        ProxyResponse[] readers = await Task.WhenAll(asking).WaitAsync(WireEnd.Patience);
        Assert.Equal(1, stage.Calls);
        return ([.. readers.Select(response => new Follower(response))], body);
    }

    /// <summary>Lets one read all that there is room for, and wait for more, until the patience of the fetch with the others wears out.</summary>
    internal static async Task<Task<ReadOnlyMemory<byte>>> StarveAsync(Follower ahead, EagerTime time, long end, CancellationToken cancellationToken = default)
    {
        await ahead.ReadToAsync(end);
        int timers = time.Timers;
        Task<ReadOnlyMemory<byte>> more = ahead.Response.Body.ReadAsync(cancellationToken).AsTask();
        await Until.TrueAsync(() => time.Timers > timers, "nobody is impatient");
        return more;
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
