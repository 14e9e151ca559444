using System;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;

namespace GoAround.Core.Cache;

/// <summary>What a fetch does: asks, decides what the answer is, receives it, and stores it.</summary>
internal static class FillRun
{
    private const int PiecesBeforeYield = 32;

    /// <summary>Runs a fetch to its end. What goes wrong is told to its readers.</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    public static async ValueTask RunAsync(Fill fill, CacheContext cache)
    {
        try
        {
            await FetchAsync(fill, cache).ConfigureAwait(false);
        }
        catch (BackendException fault)
        {
            if (fill.Phase == FillPhase.Asking && TryGoStale(fill, cache, StaleCause.Disconnected))
            {
                fill.Advance(FillPhase.Stored);
            }
            else
            {
                Break(fill, cache, fault);
            }
        }
        catch (OperationCanceledException) when (fill.Stopped.IsCancellationRequested)
        {
            Break(fill, cache, new BackendException(BackendFailureStage.ResponseBody, BackendFailureKind.Disconnected, "the fetch was given up"));
        }
#pragma warning disable CA1031 // a bug, of this process or of a handler: its readers throw it, or else it is logged here
        catch (Exception error)
#pragma warning restore CA1031
        {
            if (fill.Audience.Count == 0)
            {
                CacheLog.FetchFailed(cache.Log, error);
            }

            Break(fill, cache, error);
        }
        finally
        {
            cache.Fills.Remove(fill);
        }
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    private static async ValueTask FetchAsync(Fill fill, CacheContext cache)
    {
        FillContent content = fill.Content;
        bool mayConfirm = content.Old is not null;
        long requestMs = cache.NowMs();
        ProxyResponse response = await cache.Next.HandleAsync(fill.Request, fill.Stopped).ConfigureAwait(false);
        if (response.StatusCode == 304 && mayConfirm && !Validation.Confirms(in content.OldHead, response))
        {
            // It confirms something else than what is stored: asked again, without conditions   RFC 9111 §4.3.3
            await response.DisposeAsync().ConfigureAwait(false);
            mayConfirm = false;
            fill.Request.RemoveConditions();
            requestMs = cache.NowMs();
            response = await cache.Next.HandleAsync(fill.Request, fill.Stopped).ConfigureAwait(false);
        }

        bool isOurs = true;
        bool isWhole = false;
        try
        {
            switch (Judge(fill, cache, response, mayConfirm, requestMs))
            {
                case FillPhase.Handed:
                    if (Superseding.Applies(fill, response.StatusCode, cache.NowMs()))
                    {
                        await FillStorage.RemoveOldAsync(fill, cache).ConfigureAwait(false); // before anybody knows: whoever asks again at once shall not find it
                    }

                    isOurs = !fill.TryHand(response);
                    break;
                case FillPhase.Open:
                    fill.AdvanceQuietly(FillPhase.Open);
                    await ReceiveAsync(fill, cache, response).ConfigureAwait(false);
                    isWhole = true;
                    break;
            }
        }
        finally
        {
            if (isOurs)
            {
                ValueTask releasing = response.DisposeAsync(); // the slot goes back before anything is stored
                if (isWhole && !releasing.IsCompleted)
                {
                    fill.End(null);
                }

                await releasing.ConfigureAwait(false);
            }
        }

        if (isOurs && fill.Phase is FillPhase.Asking or FillPhase.Open)
        {
            await FinishAsync(fill, cache).ConfigureAwait(false);
        }
    }

    /// <summary>Finds out what the answer is: Handed, Open, or Stored.</summary>
    private static FillPhase Judge(Fill fill, CacheContext cache, ProxyResponse response, bool mayConfirm, long requestMs)
    {
        FillContent content = fill.Content;
        content.ForwardStatus = response.StatusCode;
        content.Attempts = response.Attempts;
        long responseMs = cache.NowMs();
        if (mayConfirm && response.StatusCode == 304)
        {
            FillStorage.Confirm(fill, cache, response, requestMs, responseMs);
            return FillPhase.Stored;
        }

        StaleCause cause = response.Backend is null ? StaleCause.Disconnected : StaleCause.ServerError;
        if (response.StatusCode is 500 or 502 or 503 or 504 && TryGoStale(fill, cache, cause))
        {
            return FillPhase.Stored;
        }

        StoreDecision decision = StoreRules.Decide(in fill.Facts, response, cache.Options, requestMs, responseMs);
        if (decision.IsStored && VaryRules.Read(response.Fields, ref content.VaryNames) > VaryKind.Fields)
        {
            decision = StoreDecision.Not(CacheBypass.Vary);
        }
        else if (decision.IsStored && response.StatusCode == 206 && !IsPartAsked(fill, response))
        {
            decision = StoreDecision.Not(CacheBypass.Status);
        }
        else if (decision.IsStored && (response.Body.Length is { } length ? length > cache.MaxObjectBytes : cache.Outgrown.Contains(fill.Hash, in fill.Facts)))
        {
            decision = StoreDecision.Not(CacheBypass.Size);
        }
        else if (decision.IsStored && !CacheTags.Read(response.Fields, content.Tags))
        {
            decision = StoreDecision.Not(CacheBypass.Tags);
        }

        content.Decision = decision;
        if (!decision.IsStored)
        {
            if (response.StatusCode != 304) // that the client has it says nothing of what others would get
            {
                cache.Unshared.Add(fill.Hash, in fill.Facts);
            }

            return FillPhase.Handed;
        }

        FillStorage.Open(fill, cache, response);
        return FillPhase.Open;
    }

    // A part is stored only where its range was sent, and nothing of the response was stored that would be confirmed without one   RFC 9111 §3.3
    // One to If-Range leaves out the fields that its client has already, Content-Encoding among them: it is for that client alone   RFC 9110 §15.3.7
    private static bool IsPartAsked(Fill fill, ProxyResponse response) =>
        fill.Facts.HasRange && fill.Content.Old is null && !fill.Request.Fields.Contains("If-Range"u8)
        && ContentRange.TryRead(response.Fields, out ContentRange part) && (response.Body.Length ?? part.Length) == part.Length;

    private static bool TryGoStale(Fill fill, CacheContext cache, StaleCause cause)
    {
        FillContent content = fill.Content;
        if (content.Old is null || fill.IsOutdated || !ReuseRules.MayServeOnError(in fill.Facts, in content.OldHead, cache.NowMs(), cache.Options, cause))
        {
            return false;
        }

        content.StaleCause = cause;
        content.Result = content.Old;
        content.Head = content.OldHead;
        return true;
    }

    /// <summary>Receives the body at the pace of the backend; its readers are woken whenever there is no more at hand.</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    private static async ValueTask ReceiveAsync(Fill fill, CacheContext cache, ProxyResponse response)
    {
        MessageBody body = response.Body;
        FillContent content = fill.Content;
        long received = 0;
        int atOnce = 0;
        while (content.Length != received)
        {
            if (fill.IsOutdated && fill.Audience.Count == 0)
            {
                fill.Stop(); // nobody reads it, and it is not stored
                fill.Stopped.ThrowIfCancellationRequested();
            }

            ValueTask<ReadOnlyMemory<byte>> read = body.ReadAsync(fill.Stopped);
            if (!read.IsCompleted)
            {
                atOnce = 0;
                fill.Audience.Signal();
            }

            ReadOnlyMemory<byte> piece = await read.ConfigureAwait(false);
            if (piece.IsEmpty)
            {
                break;
            }

            received += piece.Length;
            for (int taken = content.Last!.Append(piece.Span); taken < piece.Length; taken += content.Last.Append(piece.Span[taken..])) // the body has begun
            {
                await WidenAsync(fill, cache, piece.Length - taken).ConfigureAwait(false);
            }

            if (++atOnce == PiecesBeforeYield)
            {
                atOnce = 0;
                fill.Audience.Signal();
                await PollThread.Leave(); // one fast backend must not keep a poll thread for itself
            }
        }

        if (content.Length is { } length && length != received)
        {
            throw new BackendException(BackendFailureStage.ResponseBody, BackendFailureKind.Disconnected, $"the body ended after {received} of {length} bytes");
        }

        body.Trailers?.CopyTo(content.Trailers);
    }

    /// <summary>It is not stored any more, but those who read it are served to the end; whoever falls two windows behind is waited for, for a while, and may be cut then.</summary>
    /// <param name="fill">Whose last segment is full.</param>
    /// <param name="cache">What all share.</param>
    /// <param name="pendingBytes">How many bytes there are already that go into the next one.</param>
    private static async ValueTask WidenAsync(Fill fill, CacheContext cache, int pendingBytes)
    {
        FillContent content = fill.Content;
        FillSegment full = content.Last!; // the body has begun
        cache.Unshared.Add(fill.Hash, in fill.Facts); // who falls too far behind may be cut: the next ones get a request each
        if (full.Start + full.Length + pendingBytes > cache.MaxObjectBytes)
        {
            cache.Outgrown.Add(fill.Hash, in fill.Facts); // no room is made for the next one in vain
        }

        fill.Audience.Close();
        fill.Audience.Signal();
        await fill.Audience.UntilAsync(full, FillWait.Begun).ConfigureAwait(false); // who was only told now would find the beginning gone, and ask for itself
        await fill.Audience.UntilAsync(full, FillWait.Entered).ConfigureAwait(false);
        if (content.Behind is { IsGone: false } behind)
        {
            await LetCatchUpAsync(fill, cache, behind).ConfigureAwait(false);
        }

        if (fill.Audience.Count == 0)
        {
            fill.Stop(); // nobody reads what cannot be stored
        }

        fill.Stopped.ThrowIfCancellationRequested();
        content.Widen();
    }

    /// <summary>Waits for those who would be cut, until one who is ahead has nothing to read and there is no patience left.</summary>
    private static async ValueTask LetCatchUpAsync(Fill fill, CacheContext cache, FillSegment behind)
    {
        fill.Content.CountReaders(fill.Audience.Count);
        bool isPatient = true;
        while (true)
        {
            await fill.Audience.UntilAsync(behind, FillWait.LeftOrStarved).ConfigureAwait(false);
            if (behind.IsGone || fill.Audience.IsOver)
            {
                return;
            }

            if (!isPatient)
            {
                fill.Content.RenewPatience();
                return;
            }

            isPatient = await BePatientAsync(fill, cache, behind).ConfigureAwait(false);
        }
    }

    /// <summary>Waits for those behind while one who is ahead has nothing to read; only that wears the patience out: it may leave, and whoever is alone is not cut. False: it is worn out.</summary>
    private static async ValueTask<bool> BePatientAsync(Fill fill, CacheContext cache, FillSegment behind)
    {
        FillContent content = fill.Content;
        FillAudience audience = fill.Audience;
        long began = cache.Time.GetTimestamp();
        ValueTask<bool> ending = audience.UntilAsync(behind, FillWait.LeftOrNoneStarved);
        int wait = audience.LatestWait;
        bool hasEnded;
        using (cache.Time.CreateTimer(_ => audience.GiveUpFetch(wait), null, content.Patience, Timeout.InfiniteTimeSpan))
        {
            hasEnded = await ending.ConfigureAwait(false);
        }

        content.WearPatience(cache.Time.GetElapsedTime(began));
        return hasEnded;
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    private static async ValueTask FinishAsync(Fill fill, CacheContext cache)
    {
        ValueTask storing = fill.Phase == FillPhase.Open && fill.Content.IsOutgrown ? default : FillStorage.StoreAsync(fill, cache);
        if (storing.IsCompleted)
        {
            cache.Fills.Remove(fill); // the next one finds what is stored
        }

        if (fill.Phase == FillPhase.Open)
        {
            FillStorage.Remember(fill, cache, isWhole: true);
            fill.End(null);
        }
        else
        {
            fill.Advance(FillPhase.Stored);
        }

        await storing.ConfigureAwait(false);
    }

    private static void Break(Fill fill, CacheContext cache, Exception fault)
    {
        cache.Fills.Remove(fill); // before anybody knows: whoever asks again at once shall not join it
        if (fill.Phase == FillPhase.Asking)
        {
            fill.Fail(fault);
        }
        else
        {
            fill.End(fault);
        }
    }
}
