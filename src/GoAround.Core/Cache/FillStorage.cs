using System;
using System.Buffers;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;
using GoAround.Core.Http;

namespace GoAround.Core.Cache;

/// <summary>Makes of an answer what is stored, and stores it.</summary>
internal static class FillStorage
{
    // So that not every confirmation of a variant, which asks for a little more, writes its marker again.
    private static readonly TimeSpan MarkerSlack = TimeSpan.FromHours(1);

    /// <summary>The answer is to be stored: takes over its head, and begins its body.</summary>
    public static void Open(Fill fill, CacheContext cache, ProxyResponse response)
    {
        FillContent content = fill.Content;
        StoreDecision decision = content.Decision;
        StoredHeadWriter.Write(ref content.HeadBytes, in decision, response, cache.Options);
        content.Head = Read(content.HeadBytes.Memory);
        if ((decision.Flags & StoredFlags.OmitsFields) != 0)
        {
            OmittedFields.CopyNamed(response.Fields, cache.Options.TargetedField, content.Private);
        }

        content.StoreKey.Append(fill.PrimaryKey);
        if (content.VaryNames.Length > 0)
        {
            VaryRules.AppendSelection(ref content.StoreKey, content.VaryNames.Span, fill.Request.Fields);
        }

        AddKeys(content.Tags, content.StoreKey.Span, fill.PrimaryKey.Length, fill.Url.Length);
        content.HasAge = response.Fields.Contains("Age"u8);
        content.Length = response.Body.Length;
        Remember(fill, cache, isWhole: false);
        content.Backend = response.Backend;
        content.Version = response.ReceivedVersion;
        content.Begin(BodyBuffer.Take(cache.Memory, content.Length ?? 0), cache.MaxObjectBytes);
    }

    /// <summary>Whether it is worth waiting for each other: not where each use needs a confirmation of its own, and of what may outgrow the limit only its end tells.</summary>
    public static void Remember(Fill fill, CacheContext cache, bool isWhole)
    {
        FillContent content = fill.Content;
        if (content.Decision.LifetimeSeconds <= content.Decision.InitialAgeSeconds && content.Decision.StaleWhileRevalidateSeconds == 0)
        {
            cache.Unshared.Add(fill.Hash, in fill.Facts);
        }
        else if (content.Length is not null ? !isWhole : isWhole && !content.IsOutgrown)
        {
            cache.Unshared.Remove(fill.Hash, in fill.Facts);
        }
    }

    /// <summary>A backend has confirmed what is stored, which is brought up to date (RFC 9111 §4.3.4).</summary>
    public static void Confirm(Fill fill, CacheContext cache, ProxyResponse notModified, long requestMs, long responseMs)
    {
        FillContent content = fill.Content;
        ProxyResponse merged = new();
        FieldUpdate.Merge(in content.OldHead, notModified, merged);

        // What is said to one with credentials gets into what all are told only where the origin allows it   RFC 9111 §3.5
        StoreDecision decision = fill.Facts.HasAuthorization
            ? StoreRules.Decide(in fill.Facts, merged, cache.Options, requestMs, responseMs)
            : StoreRules.DecideUpdate(merged, cache.Options, requestMs, responseMs);
        if (decision.IsStored && !IsUnderKey(merged.Fields, fill.LookupKey, fill.PrimaryKey.Length, fill.Request.Fields, ref content.VaryNames))
        {
            decision = StoreDecision.Not(CacheBypass.Vary);
        }

        if (decision.IsStored && !CacheTags.Read(merged.Fields, content.Tags))
        {
            decision = StoreDecision.Not(CacheBypass.Tags);
        }

        if (!decision.IsStored)
        {
            decision = StoreRules.Refuse(decision.Bypass, merged, cache.Options, requestMs, responseMs);
        }

        content.Decision = decision;
        StoredResponse old = content.Old!; // there is one, or nothing could be confirmed
        content.StoreKey.Append(fill.LookupKey);
        StoredHeadWriter.Write(ref content.HeadBytes, in decision, merged, cache.Options);
        content.Head = Read(content.HeadBytes.Memory);
        FieldUpdate.CopyCookies(notModified.Fields, merged.Fields, content.Private);
        if (!decision.IsStored)
        {
            content.Result = old; // with what is said of it now it is good for those who have asked, and for nobody else
            return;
        }

        AddKeys(content.Tags, content.StoreKey.Span, fill.PrimaryKey.Length, fill.Url.Length);
        content.Result = RenewedResponse.Make(content.HeadBytes.Memory, old, content.Tags, Until(decision.KeepUntilMs));
        content.GiveHeadAway();
    }

    /// <summary>Brings what is stored up to date by the answer to HEAD (RFC 9111 §4.3.5).</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    public static async ValueTask FreshenAsync(CachedAnswer answer, ProxyRequest request, CacheContext cache, ProxyResponse headAnswer, long requestMs)
    {
        StoredResponse stored = answer.Stored!; // asked only where there is one
        StoreDecision decision = StoreDecision.Not(CacheBypass.Status);
        List<ReadOnlyMemory<byte>> tags = [];
        ProxyResponse merged = new();
        KeyBuffer names = default;
        if (Validation.ConfirmsByHead(in answer.Head, headAnswer, stored.Body.Length))
        {
            FieldUpdate.Merge(in answer.Head, headAnswer, merged);
            bool isUnderKey = IsUnderKey(merged.Fields, answer.Key.Span, answer.PrimaryLength, request.Fields, ref names);
            decision = isUnderKey ? StoreRules.DecideUpdate(merged, cache.Options, requestMs, cache.NowMs()) : StoreDecision.Not(CacheBypass.Vary);
        }

        using StoreDeadline deadline = new(cache, cache.Fills.Stopping); // whoever asked waits for it
        try
        {
            if (!decision.IsStored || !CacheTags.Read(merged.Fields, tags))
            {
                if (Superseding.MayTake(in answer.Facts, request.Fields, in answer.Head, cache.NowMs()))
                {
                    await cache.Store.RemoveAsync(answer.Key.Memory, deadline.Token).ConfigureAwait(false);
                }

                return;
            }

            // What has come meanwhile is newer than what was found, and what was purged stays so.
            if (cache.Fills.Ended(answer.Hash) != answer.Ended)
            {
                return;
            }

            KeyBuffer head = default;
            StoredHeadWriter.Write(ref head, in decision, merged, cache.Options);
            AddKeys(tags, answer.Key.Span, answer.PrimaryLength, answer.UrlLength);

            if (names.Length > 0)
            {
                await StoreMarkerAsync(cache, answer.Key, names, answer.PrimaryLength, answer.UrlLength, decision, deadline.Token).ConfigureAwait(false);
            }

            using StoredResponse renewed = RenewedResponse.Make(head.Memory, stored, tags, Until(decision.KeepUntilMs));
            try
            {
                await cache.Store.StoreAsync(answer.Key.Memory, renewed, deadline.Token).ConfigureAwait(false);
            }
            finally
            {
                // Also where the store has failed, or was not done in time: what it has of it nobody knows.
                if (cache.Fills.Ended(answer.Hash) != answer.Ended)
                {
                    using StoreDeadline removing = new(cache, cache.Fills.Stopping);
                    await cache.Store.RemoveAsync(answer.Key.Memory, removing.Token).ConfigureAwait(false);
                }
            }
        }
#pragma warning disable CA1031 // a store is done without where it fails
        catch (Exception fault)
#pragma warning restore CA1031
        {
            CacheLog.StoreFailed(cache.Log, "renew", fault);
        }
    }

    /// <summary>Stores the answer, whole as it is.</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    public static async ValueTask StoreAsync(Fill fill, CacheContext cache)
    {
        FillContent content = fill.Content;
        bool isRefused = content.StaleCause is null && !content.Decision.IsStored;
        bool isKept = isRefused && (content.Old is null || !Superseding.MayTake(in fill.Facts, fill.Request.Fields, in content.OldHead, cache.NowMs()));
        if (fill.IsOutdated || content.StaleCause is not null || isKept)
        {
            return;
        }

        try
        {
            if (isRefused)
            {
                // Confirmed, and not to be stored any more: by what it says now, nobody else may have what is stored.
                await cache.Store.RemoveAsync(content.StoreKey.Memory, cache.Fills.Stopping).ConfigureAwait(false);
                return;
            }

            if (await IsOvertakenAsync(fill, cache).ConfigureAwait(false))
            {
                return;
            }

            if (content.VaryNames.Length > 0)
            {
                await StoreMarkerAsync(cache, content.StoreKey, content.VaryNames, fill.PrimaryKey.Length, fill.Url.Length, content.Decision, cache.Fills.Stopping).ConfigureAwait(false);
            }

            if (content.Result is { } renewed)
            {
                await cache.Store.StoreAsync(content.StoreKey.Memory, renewed, cache.Fills.Stopping).ConfigureAwait(false);
            }
            else
            {
                await StoreAnswerAsync(fill, cache, Until(content.Decision.KeepUntilMs)).ConfigureAwait(false);
            }

            if (fill.IsOutdated)
            {
                await cache.Store.RemoveAsync(content.StoreKey.Memory, cache.Fills.Stopping).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cache.Fills.Stopping.IsCancellationRequested)
        {
            // Not stored, then.
        }
#pragma warning disable CA1031 // a store is done without where it fails
        catch (Exception fault)
#pragma warning restore CA1031
        {
            CacheLog.StoreFailed(cache.Log, "keep", fault);
        }
    }

    /// <summary>An answer that is not stored has taken the place of what is: that goes, unless it has become something else meanwhile.</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    public static async ValueTask RemoveOldAsync(Fill fill, CacheContext cache)
    {
        FillContent content = fill.Content;
        content.StoreKey.Append(fill.LookupKey);
        using StoreDeadline deadline = new(cache, cache.Fills.Stopping); // whoever asked waits for it
        try
        {
            using StoredResponse? found = await cache.Store.FindAsync(content.StoreKey.Memory, deadline.Token).ConfigureAwait(false);
            if (found is not null && StoredHead.TryRead(found, out StoredHead head) && !head.IsMarker && head.ResponseMs == content.OldHead.ResponseMs)
            {
                await cache.Store.RemoveAsync(content.StoreKey.Memory, deadline.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cache.Fills.Stopping.IsCancellationRequested)
        {
            // It is not used any more: its client is answered all the same.
        }
#pragma warning disable CA1031 // a store is done without where it fails
        catch (Exception fault)
#pragma warning restore CA1031
        {
            CacheLog.StoreFailed(cache.Log, "remove", fault);
        }
    }

    private static async ValueTask StoreAnswerAsync(Fill fill, CacheContext cache, DateTimeOffset until)
    {
        FillContent content = fill.Content;
        BodyBuffer? body = content.First!.Buffer; // it was received
        body!.Trim(); // the first segment has one
        bool isPart = content.Head.TryReadPart(out ContentRange part);
        if (isPart && (part.Length != body.Length || (!part.IsWhole && await HasWholeAsync(fill, cache).ConfigureAwait(false))))
        {
            return;
        }

        KeyBuffer whole = default;
        if (isPart && part.IsWhole)
        {
            StoredHeadWriter.WriteWhole(ref whole, content.Decision, in content.Head, cache.Options);
        }

        FillResponse response = new(whole.Length > 0 ? whole.Memory : content.HeadBytes.Memory, body.Length == 0 ? null : body, content.Tags, until);
        try
        {
            await cache.Store.StoreAsync(content.StoreKey.Memory, response, cache.Fills.Stopping).ConfigureAwait(false);
        }
        finally
        {
            response.Dispose();
            if (!response.IsReleased)
            {
                content.GiveHeadAway();
            }
        }
    }

    /// <summary>A more recent response was stored while this one was fetched: of several that one counts whose Date is the latest (RFC 9111 §4).</summary>
    private static async ValueTask<bool> IsOvertakenAsync(Fill fill, CacheContext cache)
    {
        if (cache.Fills.Ended(fill.Hash) == fill.Ended)
        {
            return false; // nothing has come meanwhile
        }

        ReadOnlyMemory<byte> key = fill.Content.StoreKey.Memory;
        using StoredResponse? found = await cache.Store.FindAsync(key, cache.Fills.Stopping).ConfigureAwait(false);
        if (found is not null && IsNewer(found, fill.Content))
        {
            return true;
        }

        if (key.Length == fill.PrimaryKey.Length)
        {
            return false;
        }

        using StoredResponse? plain = await cache.Store.FindAsync(key[..fill.PrimaryKey.Length], cache.Fills.Stopping).ConfigureAwait(false); // where its marker goes
        return plain is not null && IsNewer(plain, fill.Content);
    }

    private static bool IsNewer(StoredResponse found, FillContent content)
    {
        if (!StoredHead.TryRead(found, out StoredHead head)
            || (head.IsMarker && head.VaryNames.SequenceEqual(content.VaryNames.Span))
            || (content.Old is not null && head.ResponseMs == content.OldHead.ResponseMs))
        {
            return false; // what leads to it, or the one that it renews, or takes the place of
        }

        long later = DateOf(in head) - DateOf(in content.Head);
        return later > 0 || (later == 0 && head.ResponseMs > content.Head.ResponseMs);
    }

    // A clock that is ahead makes no response more recent than when it came.
    private static long DateOf(in StoredHead head) => Math.Min(head.DateSeconds, head.ResponseMs / 1000);

    private static long DateOf(in StoreDecision decision) => Math.Min(decision.DateSeconds, decision.ResponseMs / 1000);

    /// <summary>What is whole and fresh was stored meanwhile: no part takes its place.</summary>
    private static async ValueTask<bool> HasWholeAsync(Fill fill, CacheContext cache)
    {
        using StoredResponse? found = await cache.Store.FindAsync(fill.Content.StoreKey.Memory, cache.Fills.Stopping).ConfigureAwait(false);
        return found is not null && StoredHead.TryRead(found.Head, out StoredHead head)
            && !head.IsMarker && head.StatusCode != 206 && head.FreshSeconds(cache.NowMs()) > 0;
    }

    /// <summary>Stores what leads to a variant, so that it lasts as long as any that it leads to.</summary>
    private static async ValueTask StoreMarkerAsync(
        CacheContext cache, KeyBuffer key, KeyBuffer names, int primaryLength, int urlLength, StoreDecision decision, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> primary = key.Memory[..primaryLength];
        DateTimeOffset until = Until(decision.KeepUntilMs);
        using StoredResponse? found = await cache.Store.FindAsync(primary, cancellationToken).ConfigureAwait(false);
        StoredHead present = default;
        bool isSame = found is not null && StoredHead.TryRead(found, out present) && present.IsMarker && present.VaryNames.SequenceEqual(names.Span);
        bool isOlder = isSame && DateOf(in present) < DateOf(in decision);

        // Written anew for its date alone only while another fetch of the URL is under way: that one's answer may be older and without this Vary, and would take its place.
        if (isSame && found!.KeepUntil >= until && !(isOlder && cache.Fills.AreMany(key.Span[..urlLength])))
        {
            return;
        }

        KeyBuffer head = default;
        bool saysDate = !isSame || isOlder;
        StoredHeadWriter.WriteMarker(ref head, names.Span, saysDate ? decision.ResponseMs : present.ResponseMs, saysDate ? decision.DateSeconds : present.DateSeconds);
        until += MarkerSlack;
        until = isSame && found!.KeepUntil > until ? found.KeepUntil : until;
        List<ReadOnlyMemory<byte>> tags = [];
        AddKeys(tags, primary.Span, primaryLength, urlLength);
        using StoredResponse marker = new(head.Memory, ReadOnlySequence<byte>.Empty, tags, until) { IsMarker = true };
        await cache.Store.StoreAsync(primary, marker, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whoever removes what stands under the primary key removes this too; and whoever removes the URL, by <see cref="CacheKey.Behind"/> what has more behind it.</summary>
    private static void AddKeys(List<ReadOnlyMemory<byte>> tags, ReadOnlySpan<byte> key, int primaryLength, int urlLength)
    {
        if (key.Length > primaryLength)
        {
            tags.Add(key[..primaryLength].ToArray());
        }

        if (primaryLength > urlLength)
        {
            tags.Add(key[..(urlLength + 1)].ToArray()); // as RemoveUrlAsync has it
        }
    }

    /// <summary>The answer varies by just what its key was made of; otherwise others would find it whom it is not for (RFC 9111 §4.1).</summary>
    private static bool IsUnderKey(FieldList responseFields, ReadOnlySpan<byte> key, int primaryLength, FieldList requestFields, ref KeyBuffer names)
    {
        if (VaryRules.Read(responseFields, ref names) > VaryKind.Fields)
        {
            return false;
        }

        if (names.Length == 0)
        {
            return key.Length == primaryLength;
        }

        KeyBuffer selection = default;
        VaryRules.AppendSelection(ref selection, names.Span, requestFields);
        return selection.Span.SequenceEqual(key[primaryLength..]);
    }

    private static StoredHead Read(ReadOnlyMemory<byte> bytes) =>
        StoredHead.TryRead(bytes, out StoredHead head) ? head : throw new InvalidOperationException("A head that was just written cannot be read.");

    private static DateTimeOffset Until(long unixMs) => DateTimeOffset.FromUnixTimeMilliseconds(unixMs);
}
