using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Cache;

public sealed class PrivacyTests
{
    private const int Users = 8;
    private const int RequestsEach = 150;
    private const int Paths = 6;

    private static readonly string[] Personal =
    [
        "",
        "Cache-Control: private, max-age=60\r\n",
        "Cache-Control: no-store\r\n",
        "Set-Cookie: seen=1\r\n",
        "Cache-Control: max-age=60\r\nVary: Cookie\r\n",
        "Cache-Control: no-cache\r\nETag: \"1\"\r\nVary: Cookie\r\n",
        "Cache-Control: max-age=60\r\nVary: Cookie, Accept-Language\r\n",
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Users_with_cookies_never_see_each_others_answers(int seed)
    {
        using ScriptedBackend backend = new();
        Random choices = new(seed);
        backend.Serve(link => AnswerAsync(link, choices));
        await using CachedFixture fixture = await CachedFixture.OpenAsync(backend);
        await Task.WhenAll(Enumerable.Range(0, Users).Select(user => Task.Run(() => AskAsync(fixture, $"user{user}", new Random((seed * 100) + user)))));
        Assert.Empty(backend.Faults);
        fixture.Proxy.ExpectNoErrors();
        Assert.True(fixture.Tally.Count(CacheOutcome.Hit) > 0, "nothing was ever shared: the test shows nothing");
    }

    [Fact]
    public async Task What_was_assumed_fresh_for_others_is_not_confirmed_for_one_with_a_cookie_who_waited()
    {
        await using CacheStage stage = new();
        await stage.FillAsync("private", "Cache-Control: private"); // those without cookies go alone from here on
        Task<CacheReply> leader = stage.AskAsync(fields: "Cookie: a=1");
        OriginCall failing = await stage.CallAsync();
        Task<CacheReply> waiting = stage.AskAsync(fields: "Cookie: a=2");
        Assert.Equal("for all", (await stage.FillAsync("for all", "ETag: \"1\"")).Body);
        failing.Fail(new BackendException(BackendFailureStage.ResponseHead, BackendFailureKind.Malformed, "scripted"));
        await Assert.ThrowsAsync<BackendException>(() => leader);
        OriginCall call = await stage.CallAsync();
        Assert.DoesNotContain("If-None-Match", call.Head, StringComparison.Ordinal);
        call.Answer("of 2", "");
        Assert.Equal("of 2", (await waiting).Body);
    }

    /// <summary>Most answers name the user they are for; some are for all, and say so.</summary>
    private static async Task AnswerAsync(WireEnd link, Random choices)
    {
        while (await link.TryReadHeadAsync() is { } head)
        {
            string user = Field(head, "Cookie: user=") is { Length: > 0 } cookie ? cookie : Field(head, "Authorization: ");
            int choice;
            lock (choices)
            {
                choice = choices.Next(Personal.Length + 2);
            }

            await link.SendAsync(choice < Personal.Length
                ? WireEnd.Response($"for {user}.", fields: Personal[choice])
                : WireEnd.Response("for all.", fields: "Cache-Control: public, max-age=1\r\n"));
        }
    }

    private static async Task AskAsync(CachedFixture fixture, string user, Random choices)
    {
        using WireEnd client = await fixture.Proxy.ConnectAsync();
        List<string> wrong = [];
        for (int i = 0; i < RequestsEach; i++)
        {
            string credentials = choices.Next(4) == 0 ? $"Authorization: {user}" : $"Cookie: user={user}";
            string more = choices.Next(4) switch
            {
                0 => "Accept-Language: de\r\n",
                1 => "If-None-Match: \"0\"\r\n",
                2 => "Cache-Control: max-age=0\r\n",
                _ => "",
            };
            await client.SendAsync($"GET /{choices.Next(Paths)} HTTP/1.1\r\nHost: h\r\n{credentials}\r\n{more}\r\n");
            string head = await client.ReadHeadAsync();
            string body = await client.ReadUntilAsync(".");
            if (body != $"for {user}." && body != "for all.")
            {
                wrong.Add($"{user} got '{body}' of {head}");
            }
        }

        Assert.Equal([], wrong);
    }

    private static string Field(string head, string prefix)
    {
        int at = head.IndexOf(prefix, StringComparison.Ordinal);
        return at < 0 ? "" : head[(at + prefix.Length)..head.IndexOf("\r\n", at, StringComparison.Ordinal)];
    }
}
