using System;

namespace GoAround.Core.Cache;

/// <summary>Finishes answers: Age, Cache-Status, and what whoever counts is told.</summary>
internal static class AnswerReport
{
    /// <summary>Answers with what is stored and may be used as it is.</summary>
    public static ProxyResponse Hit(CacheContext cache, ProxyRequest request, CachedAnswer answer, CacheOutcome outcome, long nowMs)
    {
        answer.Serve(request, answer.Stored!, in answer.Head); // a hit has found something
        CacheStatus status = new() { Ttl = answer.Head.FreshSeconds(nowMs) };
        return Finish(cache, request, answer, in answer.Head, outcome, in status, nowMs);
    }

    /// <summary>Answers with what is stored although it is stale, since no backend gave a better answer.</summary>
    public static ProxyResponse Stale(CacheContext cache, ProxyRequest request, CachedAnswer answer, StoredResponse stored, in StoredHead head, int forwardStatus, long nowMs)
    {
        answer.Serve(request, stored, in head);
        CacheStatus status = new() { Forward = ForwardReason.Stale, ForwardStatus = forwardStatus, Ttl = head.FreshSeconds(nowMs) };
        return Finish(cache, request, answer, in head, CacheOutcome.Stale, in status, nowMs);
    }

    /// <summary>Answers with what is stored and a backend has just confirmed.</summary>
    public static ProxyResponse Confirmed(CacheContext cache, ProxyRequest request, CachedAnswer answer, ForwardReason reason, bool isCollapsed, long nowMs)
    {
        FillContent content = answer.Fill!.Content; // it was fetched
        answer.Serve(request, content.Result!, in content.Head); // and confirmed
        if (!isCollapsed)
        {
            content.Private.CopyTo(answer.Fields);
        }

        CacheStatus status = new()
        {
            Forward = reason,
            ForwardStatus = content.ForwardStatus,
            IsStored = content.Decision.IsStored,
            IsCollapsed = isCollapsed,
            Ttl = content.Head.FreshSeconds(nowMs),
        };
        return Finish(cache, request, answer, in content.Head, isCollapsed ? CacheOutcome.Coalesced : CacheOutcome.Revalidated, in status, nowMs);
    }

    /// <summary>Answers along with a fetch; null: it is too late for that.</summary>
    public static ProxyResponse? Followed(CacheContext cache, ProxyRequest request, CachedAnswer answer, ForwardReason reason, bool isCollapsed, long nowMs)
    {
        if (!answer.TryFollow(request))
        {
            return null;
        }

        FillContent content = answer.Fill!.Content; // it was fetched
        if (content.HasAge || isCollapsed)
        {
            AgeField.Add(answer.Fields, content.Head.AgeSeconds(nowMs));
        }

        CacheStatus status = new()
        {
            Forward = reason,
            ForwardStatus = content.ForwardStatus == answer.StatusCode ? 0 : content.ForwardStatus,
            IsStored = !content.IsOutgrown,
            IsCollapsed = isCollapsed,
        };
        CacheStatusField.Append(answer.Fields, cache.Name, in status);
        cache.Events.CacheAnswered(request, isCollapsed ? CacheOutcome.Coalesced : CacheOutcome.Miss, CacheBypass.None, TimeSpan.Zero);
        return answer.Lease();
    }

    /// <summary>Passes on what a fetch brought for this client alone.</summary>
    public static ProxyResponse Handed(CacheContext cache, ProxyRequest request, CachedAnswer answer, ProxyResponse response, ForwardReason reason)
    {
        CacheBypass bypass = answer.Fill!.Content.Decision.Bypass; // it was fetched
        Tell(cache, response, new CacheStatus { Forward = reason, Bypass = bypass });
        cache.Events.CacheAnswered(request, CacheOutcome.Miss, bypass, TimeSpan.Zero);
        response.AddLease(answer); // what it was asked with stays as long as it
        return response;
    }

    /// <summary>Nothing is stored that the client would take, and it wants nothing else (RFC 9111 §5.2.1.7).</summary>
    public static ProxyResponse OnlyIfCached(CacheContext cache, ProxyRequest request)
    {
        ProxyResponse response = ProxyResponse.FromError(504, ProxyError.ProxyInternalResponse, "Nothing is stored that answers this.\n");
        response.ErrorDetails = "only-if-cached";
        response.IsErrorAskedFor = true;
        cache.Events.CacheAnswered(request, CacheOutcome.Miss, CacheBypass.None, TimeSpan.Zero);
        return response;
    }

    /// <summary>Says in Cache-Status what was done for an answer that is passed on. One that the balancer has made itself has Proxy-Status instead.</summary>
    // An intermediary SHOULD NOT append a member to responses that it generates, unless they are based on a stored one   RFC 9211 §2
    public static void Tell(CacheContext cache, ProxyResponse response, in CacheStatus status)
    {
        if (response.Error == ProxyError.None)
        {
            CacheStatusField.Append(response.Fields, cache.Name, in status);
        }
    }

    private static CachedAnswer Finish(
        CacheContext cache, ProxyRequest request, CachedAnswer answer, in StoredHead head, CacheOutcome outcome, in CacheStatus status, long nowMs)
    {
        long age = head.AgeSeconds(nowMs);
        AgeField.Add(answer.Fields, age);
        CacheStatusField.Append(answer.Fields, cache.Name, in status);
        cache.Events.CacheAnswered(request, outcome, CacheBypass.None, TimeSpan.FromSeconds(age));
        return answer.Lease();
    }
}
