using System;
using System.Buffers;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Threading.Tasks;
using GoAround.Core.Async;
using GoAround.Core.Http;

namespace GoAround.Core.Cache;

/// <summary>Makes of an answer what is stored, and stores it.</summary>
internal static class FillStorage
{
    /// <summary>The answer is to be stored: takes over its head, and begins its body.</summary>
    public static void Open(Fill fill, CacheContext cache, ProxyResponse response)
    {
        FillContent content = fill.Content;
        StoreDecision decision = content.Decision;
        if (decision.LifetimeSeconds > decision.InitialAgeSeconds || decision.StaleWhileRevalidateSeconds > 0)
        {
            cache.Unshared.Remove(fill.Hash, in fill.Facts);
        }
        else
        {
            cache.Unshared.Add(fill.Hash, in fill.Facts); // each use needs a confirmation of its own
        }

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
        content.Backend = response.Backend;
        content.Version = response.ReceivedVersion;
        content.Begin(BodyBuffer.Take(cache.Memory, content.Length ?? 0), cache.MaxObjectBytes);
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
        if (decision.IsStored && !IsUnderKey(merged.Fields, fill.LookupKey, fill.PrimaryKey.Length, fill.Request.Fields))
        {
            decision = StoreDecision.Not(CacheBypass.Vary);
        }

        if (decision.IsStored && !CacheTags.Read(merged.Fields, content.Tags))
        {
            decision = StoreDecision.Not(CacheBypass.Tags);
        }

        content.Decision = decision;
        StoredResponse old = content.Old!; // there is one, or nothing could be confirmed
        content.StoreKey.Append(fill.LookupKey);
        if (!decision.IsStored)
        {
            content.Result = old; // good for those who have asked, and for nobody else
            content.Head = content.OldHead;
            return;
        }

        StoredHeadWriter.Write(ref content.HeadBytes, in decision, merged, cache.Options);
        AddKeys(content.Tags, content.StoreKey.Span, fill.PrimaryKey.Length, fill.Url.Length);
        content.Head = Read(content.HeadBytes.Memory);
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
        if (Validation.ConfirmsByHead(in answer.Head, headAnswer, stored.Body.Length))
        {
            FieldUpdate.Merge(in answer.Head, headAnswer, merged);
            bool isUnderKey = IsUnderKey(merged.Fields, answer.Key.Span, answer.PrimaryLength, request.Fields);
            decision = isUnderKey ? StoreRules.DecideUpdate(merged, cache.Options, requestMs, cache.NowMs()) : StoreDecision.Not(CacheBypass.Vary);
        }

        try
        {
            if (!decision.IsStored || !CacheTags.Read(merged.Fields, tags))
            {
                await cache.Store.RemoveAsync(answer.Key.Memory, default).ConfigureAwait(false);
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

            using StoredResponse renewed = RenewedResponse.Make(head.Memory, stored, tags, Until(decision.KeepUntilMs));
            await cache.Store.StoreAsync(answer.Key.Memory, renewed, default).ConfigureAwait(false);
            if (cache.Fills.Ended(answer.Hash) != answer.Ended)
            {
                await cache.Store.RemoveAsync(answer.Key.Memory, default).ConfigureAwait(false);
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
        if (fill.IsOutdated || content.StaleCause is not null || (isRefused && (content.Old is null || fill.Facts.HasAuthorization)))
        {
            return;
        }

        try
        {
            if (isRefused)
            {
                // Confirmed, and not to be stored any more: by what it says now, nobody else may have what is stored.
                await cache.Store.RemoveAsync(content.StoreKey.Memory, fill.Stopped).ConfigureAwait(false);
                return;
            }

            DateTimeOffset until = Until(content.Decision.KeepUntilMs);
            if (content.Result is { } renewed)
            {
                await cache.Store.StoreAsync(content.StoreKey.Memory, renewed, fill.Stopped).ConfigureAwait(false);
            }
            else
            {
                if (content.VaryNames.Length > 0)
                {
                    await StoreMarkerAsync(fill, cache, until).ConfigureAwait(false);
                }

                await StoreAnswerAsync(fill, cache, until).ConfigureAwait(false);
            }

            if (fill.IsOutdated)
            {
                await cache.Store.RemoveAsync(content.StoreKey.Memory, fill.Stopped).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (fill.Stopped.IsCancellationRequested)
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

    private static async ValueTask StoreAnswerAsync(Fill fill, CacheContext cache, DateTimeOffset until)
    {
        FillContent content = fill.Content;
        BodyBuffer? body = content.First!.Buffer; // it was received
        body!.Trim(); // the first segment has one
        if (content.Head.TryReadPart(out ContentRange part) && (part.Length != body.Length || await HasWholeAsync(fill, cache).ConfigureAwait(false)))
        {
            return;
        }

        FillResponse response = new(content.HeadBytes.Memory, body.Length == 0 ? null : body, content.Tags, until);
        try
        {
            await cache.Store.StoreAsync(content.StoreKey.Memory, response, fill.Stopped).ConfigureAwait(false);
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

    /// <summary>What is whole and fresh was stored meanwhile: no part takes its place.</summary>
    private static async ValueTask<bool> HasWholeAsync(Fill fill, CacheContext cache)
    {
        using StoredResponse? found = await cache.Store.FindAsync(fill.Content.StoreKey.Memory, fill.Stopped).ConfigureAwait(false);
        return found is not null && StoredHead.TryRead(found.Head, out StoredHead head)
            && !head.IsMarker && head.StatusCode != 206 && head.FreshSeconds(cache.NowMs()) > 0;
    }

    private static async ValueTask StoreMarkerAsync(Fill fill, CacheContext cache, DateTimeOffset until)
    {
        KeyBuffer head = default;
        StoredHeadWriter.WriteMarker(ref head, fill.Content.VaryNames.Span);
        List<ReadOnlyMemory<byte>> tags = [];
        AddKeys(tags, fill.PrimaryKey, fill.PrimaryKey.Length, fill.Url.Length);
        using StoredResponse marker = new(head.Memory, ReadOnlySequence<byte>.Empty, tags, until) { IsMarker = true };
        await cache.Store.StoreAsync(fill.Content.StoreKey.Memory[..fill.PrimaryKey.Length], marker, fill.Stopped).ConfigureAwait(false);
    }

    /// <summary>Whoever removes the URL, or what stands under the primary key, removes this too.</summary>
    private static void AddKeys(List<ReadOnlyMemory<byte>> tags, ReadOnlySpan<byte> key, int primaryLength, int urlLength)
    {
        if (key.Length > primaryLength)
        {
            tags.Add(key[..primaryLength].ToArray());
        }

        if (primaryLength > urlLength)
        {
            tags.Add(key[..urlLength].ToArray());
        }
    }

    /// <summary>The answer varies by just what its key was made of; otherwise others would find it whom it is not for (RFC 9111 §4.1).</summary>
    private static bool IsUnderKey(FieldList responseFields, ReadOnlySpan<byte> key, int primaryLength, FieldList requestFields)
    {
        KeyBuffer names = default;
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
