using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Cache;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Core.Tests.Cache;

public sealed class CoalescingTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Two_hundred_clients_of_one_cold_object_are_one_request(bool isStoreSlow)
    {
        await using CacheStage stage = new(new DictionaryCache { IsSlow = isStoreSlow });
        List<Task<CacheReply>> clients = [.. Enumerable.Range(0, 200).Select(_ => Task.Run(() => stage.AskAsync()))];
        OriginCall call = await stage.CallAsync();
        PushedBody body = new(null);
        call.Answer(body);
        body.Push("Hello, ");
        body.Push("world!");
        body.End();
        CacheReply[] replies = await Task.WhenAll(clients);
        Assert.All(replies, reply => Assert.Equal("Hello, world!", reply.Body));
        Assert.Equal(1, stage.Calls);
        Assert.Equal(1, stage.Events.Count(CacheOutcome.Miss));
        Assert.Equal(1, call.Disposals);
    }

    [Fact]
    public async Task Those_who_come_later_read_along_from_the_beginning()
    {
        await using CacheStage stage = new();
        Task<ProxyResponse> asking = stage.Handler.HandleAsync(CacheStage.Get(), default).AsTask();
        OriginCall call = await stage.CallAsync();
        PushedBody body = new(10);
        call.Answer(body);
        body.Push("01234");
        await using ProxyResponse first = await asking.WaitAsync(WireEnd.Patience);
        Assert.Equal(5, (await first.Body.ReadAsync(default)).Length);
        ValueTask<ReadOnlyMemory<byte>> more = first.Body.ReadAsync(default);
        Assert.False(more.IsCompleted);
        await using ProxyResponse second = await stage.Handler.HandleAsync(CacheStage.Get(), default);
        Assert.Equal("01234"u8.ToArray(), (await second.Body.ReadAsync(default)).ToArray());
        Assert.Equal(10, second.ContentLength);
        body.Push("56789");
        Assert.Equal("56789"u8.ToArray(), (await more).ToArray());
        Assert.Equal("56789", (await CacheReply.ReadAsync(second)).Body);
        Assert.True((await first.Body.ReadAsync(default)).IsEmpty);
        Assert.Equal(1, stage.Calls);
    }

    [Fact]
    public async Task The_first_client_leaves_and_the_others_are_served()
    {
        await using CacheStage stage = new();
        using CancellationTokenSource left = new();
        Task<CacheReply> leader = stage.AskAsync(token: left.Token);
        OriginCall call = await stage.CallAsync();
        Task<CacheReply> other = stage.AskAsync();
        await left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leader);
        call.Answer("kept");
        Assert.Equal("kept", (await other).Body);
        Assert.Equal("kept", (await stage.AskAsync()).Body);
        Assert.Equal(1, stage.Calls);
    }

    [Fact]
    public async Task A_fetch_whose_last_reader_has_left_is_given_up()
    {
        await using CacheStage stage = new();
        using CancellationTokenSource left = new();
        Task<CacheReply> leader = stage.AskAsync(token: left.Token);
        OriginCall call = await stage.CallAsync();
        Task<CacheReply> other = stage.AskAsync(token: left.Token);
        Assert.False(call.Token.IsCancellationRequested);
        await left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leader);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => other);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.Answered);
        Assert.Equal("again", (await stage.FillAsync("again")).Body);
    }

    [Fact]
    public async Task A_reader_that_leaves_in_the_middle_holds_up_nobody_and_the_last_one_stops_the_fetch()
    {
        await using CacheStage stage = new();
        Task<ProxyResponse> asking = stage.Handler.HandleAsync(CacheStage.Get(), default).AsTask();
        OriginCall call = await stage.CallAsync();
        PushedBody body = new(10);
        call.Answer(body);
        body.Push("01234");
        ProxyResponse first = await asking.WaitAsync(WireEnd.Patience);
        ProxyResponse second = await stage.Handler.HandleAsync(CacheStage.Get(), default);
        await first.DisposeAsync();
        Assert.False(call.Token.IsCancellationRequested);
        Assert.Equal(5, (await second.Body.ReadAsync(default)).Length);
        await second.DisposeAsync();
        await Until.TrueAsync(() => call.Disposals == 1, "the fetch went on");
        Assert.Empty(((DictionaryCache)stage.Store).Keys);
    }

    [Theory]
    [InlineData("Cache-Control: no-store", 200)]
    [InlineData("Cache-Control: private", 200)]
    [InlineData("Vary: *|Cache-Control: max-age=60", 200)]
    [InlineData("", 500)]
    public async Task An_answer_that_cannot_be_shared_is_for_the_first_client_alone(string fields, int status)
    {
        await using CacheStage stage = new();
        Task<CacheReply>[] clients = [.. Enumerable.Range(0, 5).Select(_ => stage.AskAsync())];
        (await stage.CallAsync()).Answer("0", fields, status);
        for (int i = 1; i < 5; i++)
        {
            (await stage.CallAsync()).Answer($"{i}", fields, status);
        }

        CacheReply[] replies = await Task.WhenAll(clients);
        Assert.Equal("01234", string.Concat(replies.Select(reply => reply.Body).Order()));
        Assert.Equal("0", replies[0].Body);
    }

    [Fact]
    public async Task Those_who_ask_for_what_could_not_be_shared_do_not_wait_for_each_other()
    {
        await using CacheStage stage = new();
        await stage.FillAsync("mine", "Cache-Control: private");
        Task<CacheReply> one = stage.AskAsync();
        Task<CacheReply> two = stage.AskAsync();
        OriginCall first = await stage.CallAsync();
        OriginCall second = await stage.CallAsync();
        second.Answer("second");
        first.Answer("first");
        Assert.Equal(["first", "second"], [(await one).Body, (await two).Body]);
        Assert.StartsWith("test; hit", (await stage.AskAsync()).Status, StringComparison.Ordinal); // it can be shared now, and is
    }

    [Fact]
    public async Task What_could_not_be_shared_once_is_shared_again_however_often_a_backend_says_that_a_client_has_it()
    {
        await using CacheStage stage = new();
        await stage.FillAsync("broken", "", status: 500);
        foreach (int seconds in new[] { 60, 59 })
        {
            stage.Advance(seconds);
            Task<CacheReply> confirming = stage.AskAsync(fields: "If-None-Match: \"1\"");
            (await stage.CallAsync()).Answer(MessageBody.Empty, "ETag: \"1\"", 304);
            Assert.Equal(304, (await confirming).StatusCode);
        }

        stage.Advance(2);
        Task<CacheReply> asking = stage.AskAsync(fields: "If-None-Match: \"1\"");
        OriginCall call = await stage.CallAsync();
        Assert.DoesNotContain("If-None-Match", call.Head, StringComparison.Ordinal);
        call.Answer("whole", "Cache-Control: max-age=60|ETag: \"1\"");
        Assert.Equal(304, (await asking).StatusCode);
        await Until.TrueAsync(() => stage.Handler.IsIdle, "the fetch did not end");
        Assert.Equal("whole", (await stage.AskAsync()).Body);
    }

    [Fact]
    public async Task A_first_client_whose_fetch_fails_is_told_and_the_others_try_themselves()
    {
        await using CacheStage stage = new();
        Task<CacheReply> leader = stage.AskAsync();
        OriginCall call = await stage.CallAsync();
        Task<CacheReply> other = stage.AskAsync();
        call.Fail(new BackendException(BackendFailureStage.ResponseHead, BackendFailureKind.Malformed, "scripted"));
        Assert.Equal(BackendFailureKind.Malformed, (await Assert.ThrowsAsync<BackendException>(() => leader)).Kind);
        (await stage.CallAsync()).Answer("fine");
        Assert.Equal("fine", (await other).Body);
    }

    [Fact]
    public async Task After_a_fetch_that_failed_one_leads_again_and_after_two_each_goes_alone()
    {
        EagerTime time = new();
        await using CacheStage stage = new(time: time);
        Task<CacheReply>[] clients = [.. Enumerable.Range(0, 6).Select(_ => stage.AskAsync())];
        for (int i = 0; i < 2; i++)
        {
            OriginCall call = await stage.CallAsync();
            await Until.TrueAsync(() => time.Done >= i * 6, "they were not woken"); // all that were left have sat down again, or a late one would lead a third time
            stage.ExpectNoCall();
            call.Fail(new BackendException(BackendFailureStage.ResponseHead, BackendFailureKind.Malformed, "scripted"));
        }

        OriginCall[] alone = [await stage.CallAsync(), await stage.CallAsync(), await stage.CallAsync(), await stage.CallAsync()];
        Assert.All(alone, call => call.Answer("fine"));
        await Assert.ThrowsAsync<AggregateException>(() => Task.WhenAll(clients).ContinueWith(all => _ = all.Exception is { InnerExceptions.Count: 2 } failed ? throw failed : 0, TaskScheduler.Default));
        Assert.Equal(4, clients.Count(client => client.IsCompletedSuccessfully));
    }

    [Theory]
    [InlineData("Range: bytes=0-0", "Cache-Control: max-age=60", 206)]
    [InlineData("Authorization: Basic x", "Cache-Control: max-age=60", 200)]
    [InlineData("Cookie: a=1", "", 200)]
    public async Task What_was_for_one_alone_keeps_nobody_else_from_sharing(string fields, string answerFields, int status)
    {
        await using CacheStage stage = new();
        await stage.FillAsync("mine", answerFields, fields: fields, status: status);
        Task<CacheReply> one = stage.AskAsync();
        OriginCall call = await stage.CallAsync();
        Task<CacheReply> two = stage.AskAsync();
        stage.ExpectNoCall();
        call.Answer("shared");
        Assert.Equal(["shared", "shared"], [(await one).Body, (await two).Body]);
    }

    [Fact]
    public async Task A_first_answer_that_does_not_come_holds_up_the_others_for_five_seconds()
    {
        await using CacheStage stage = new();
        Task<CacheReply> leader = stage.AskAsync();
        OriginCall slow = await stage.CallAsync();
        Task<CacheReply> other = stage.AskAsync();
        for (int i = 0; i < 4; i++)
        {
            stage.Advance(1);
        }

        stage.ExpectNoCall();
        stage.Advance(1);
        stage.Advance(1);
        (await stage.CallAsync()).Answer("quick", "Cache-Control: no-store");
        Assert.Equal("quick", (await other).Body);
        Task<CacheReply> late = stage.AskAsync();
        (await stage.CallAsync()).Answer("late", "Cache-Control: no-store");
        Assert.Equal("late", (await late).Body);
        slow.Answer("slow");
        Assert.Equal("slow", (await leader).Body);
    }

    [Fact]
    public async Task After_five_seconds_without_an_answer_one_asks_again_for_the_others_and_after_five_more_each_for_itself()
    {
        await using CacheStage stage = new(time: new EagerTime()); // those who are let go have sat down again when the clock goes on
        Task<CacheReply>[] clients = [.. Enumerable.Range(0, 6).Select(_ => stage.AskAsync())];
        OriginCall[] slow = new OriginCall[2];
        for (int i = 0; i < 2; i++)
        {
            slow[i] = await stage.CallAsync();
            stage.ExpectNoCall();
            for (int second = 0; second < 6; second++) // they are looked after once a second
            {
                stage.Advance(1);
            }
        }

        for (int i = 2; i < clients.Length; i++)
        {
            (await stage.CallAsync()).Answer("alone");
        }

        await Until.TrueAsync(() => clients.Count(client => client.IsCompletedSuccessfully) == 4, "they were not answered");
        Assert.Equal(6, stage.Calls);
        Assert.All(slow, call => call.Answer("slow"));
        CacheReply[] replies = await Task.WhenAll(clients);
        Assert.Equal(2, replies.Count(reply => reply.Body == "slow"));
    }

    [Fact]
    public async Task A_body_that_breaks_off_is_not_stored_and_its_readers_are_cut()
    {
        await using CacheStage stage = new();
        Task<CacheReply> one = stage.AskAsync();
        OriginCall call = await stage.CallAsync();
        Task<CacheReply> two = stage.AskAsync();
        PushedBody body = new(10);
        call.Answer(body);
        body.Push("01234");
        body.Break();
        await Assert.ThrowsAsync<BackendException>(() => one);
        await Assert.ThrowsAsync<BackendException>(() => two);
        Assert.Empty(((DictionaryCache)stage.Store).Keys);
        Assert.Equal("whole", (await stage.FillAsync("whole")).Body);
    }

    [Fact]
    public async Task A_body_shorter_than_announced_is_not_stored()
    {
        await using CacheStage stage = new();
        Task<CacheReply> one = stage.AskAsync();
        PushedBody body = new(10);
        (await stage.CallAsync()).Answer(body);
        body.Push("01234");
        body.End();
        await Assert.ThrowsAsync<BackendException>(() => one);
        Assert.Empty(((DictionaryCache)stage.Store).Keys);
    }

    [Fact]
    public async Task Clients_whose_selecting_fields_differ_do_not_share()
    {
        await using CacheStage stage = new();
        Task<CacheReply>[] german = [.. Enumerable.Range(0, 3).Select(_ => stage.AskAsync(fields: "X-Tongue: de"))];
        Task<CacheReply>[] french = [.. Enumerable.Range(0, 3).Select(_ => stage.AskAsync(fields: "X-Tongue: fr"))];
        (await stage.CallAsync()).Answer("hallo", "Cache-Control: max-age=60|Vary: X-Tongue");
        OriginCall second = await stage.CallAsync();
        Assert.Contains("X-Tongue: fr", second.Head, StringComparison.Ordinal);
        second.Answer("salut", "Cache-Control: max-age=60|Vary: X-Tongue");
        Assert.All(await Task.WhenAll(german), reply => Assert.Equal("hallo", reply.Body));
        Assert.All(await Task.WhenAll(french), reply => Assert.Equal("salut", reply.Body));
        Assert.Equal(2, stage.Calls);
        Assert.Equal("salut", (await stage.AskAsync(fields: "X-Tongue: fr")).Body);
        Assert.Equal("hallo", (await stage.AskAsync(fields: "X-Tongue: de")).Body);
        Assert.Equal(2, stage.Calls);
    }

    [Fact]
    public async Task Interim_responses_go_to_the_first_client_and_are_not_stored()
    {
        await using CacheStage stage = new();
        InterimRequest leader = new();
        Task<CacheReply> first = stage.AskAsync(leader);
        OriginCall call = await stage.CallAsync();
        InterimRequest other = new();
        Task<CacheReply> second = stage.AskAsync(other);
        await call.Request.SendInterimAsync(103, new Core.Http.FieldList(), default);
        call.Answer("final");
        Assert.Equal(["final", "final"], [(await first).Body, (await second).Body]);
        Assert.Equal([103], leader.Interims);
        Assert.Empty(other.Interims);
    }

    [Fact]
    public async Task A_client_that_leaves_while_it_is_sent_an_interim_response_leaves_afterwards()
    {
        await using CacheStage stage = new();
        TaskCompletionSource sent = new(TaskCreationOptions.RunContinuationsAsynchronously);
        InterimRequest leader = new() { Sent = sent.Task };
        using CancellationTokenSource left = new();
        Task<CacheReply> first = stage.AskAsync(leader, left.Token);
        OriginCall call = await stage.CallAsync();
        Task sending = call.Request.SendInterimAsync(103, new Core.Http.FieldList(), default).AsTask();
        await left.CancelAsync();
        Assert.False(first.IsCompleted);
        sent.SetResult();
        await sending;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
    }

    [Fact]
    public async Task What_was_found_is_given_back_also_where_an_answer_that_nobody_takes_cannot_be()
    {
        FakeTimeProvider time = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));
        CacheMemory memory = new(1024 * 1024);
        using MemoryResponseCache store = new(memory, time);
        long emptyBytes = memory.UsedBytes; // tables
        await using CacheStage stage = new(store);
        await stage.FillAsync("old", "Cache-Control: max-age=1|ETag: \"1\"");
        stage.Advance(5);
        TaskCompletionSource sent = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenSource left = new();
        Task<CacheReply> asking = stage.AskAsync(new InterimRequest { Sent = sent.Task }, left.Token);
        OriginCall call = await stage.CallAsync();
        Task sending = call.Request.SendInterimAsync(103, new Core.Http.FieldList(), default).AsTask();
        await left.CancelAsync();
        ProxyResponse broken = new() { StatusCode = 403 };
        broken.AddLease(new BrokenLease());
        call.Answer(broken);
        await Until.TrueAsync(() => stage.Handler.IsIdle, "the fetch did not end");
        sent.SetResult();
        await sending;
        await Assert.ThrowsAsync<InvalidOperationException>(() => asking);
        await stage.Handler.PurgeAllAsync(default);
        Assert.Equal(emptyBytes, memory.UsedBytes);
    }

    [Fact]
    public async Task Stopping_the_cache_stops_its_fetches()
    {
        CacheStage stage = new();
        Task<CacheReply> client = stage.AskAsync();
        await stage.CallAsync();
        await stage.DisposeAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => client);
    }

    private sealed class BrokenLease : IResponseLease
    {
        public ValueTask ReleaseAsync(ProxyResponse response) => throw new InvalidOperationException("scripted");
    }
}
