using System;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;

namespace GoAround.Core.Cache;

/// <summary>Answers what the store cannot: with a fetch that is under way, or with one that it begins.</summary>
internal sealed class SharedFetch(CacheContext cache)
{
    /// <summary>A fetch that fails, or whose answer turns out to vary, may lead to another one that does fit; then it goes alone.</summary>
    private const int SharedTries = 2;

    /// <summary>What ends, or is purged, meanwhile may be something else; so often it is worth the time of another look.</summary>
    private const int MostLooks = 3;

    /// <summary>Fetches; the answer is the response, or is freed.</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    public async ValueTask<ProxyResponse> FetchAsync(ProxyRequest request, CachedAnswer answer, ForwardReason reason, bool isAlone, CancellationToken cancellationToken)
    {
        bool isKept = false;
        int looks = 0;
        answer.Reader.MayBlock = request.MayBlock;
        try
        {
            for (int tries = isAlone ? SharedTries : 0; ; tries++)
            {
                if (!TrySit(request, answer, reason, tries >= SharedTries))
                {
                    if (++looks > MostLooks)
                    {
                        answer.DropStored();
                        tries = SharedTries;
                        continue;
                    }

                    await LookAgainAsync(request, answer, cancellationToken).ConfigureAwait(false);
                    tries--;
                    if (answer.Stored is null)
                    {
                        continue;
                    }

                    Reuse reuse = ReuseRules.Decide(in answer.Facts, in answer.Head, cache.NowMs());
                    if (MayReuse(reuse, in answer.Head))
                    {
                        isKept = true;
                        return AnswerReport.Hit(cache, request, answer, CacheOutcome.Hit, cache.NowMs());
                    }

                    if (reuse == Reuse.Pass)
                    {
                        answer.DropStored(); // of others, who came meanwhile
                        tries = SharedTries;
                    }

                    continue;
                }

                Fill fill = answer.Fill!; // set by the line before
                await fill.AnsweredAsync(answer.Reader, cancellationToken).ConfigureAwait(false);
                ProxyResponse? response = TryAnswer(request, answer, reason);
                if (response is not null)
                {
                    fill.Audience.Begin(answer.Reader);
                    isKept = true;
                    return response;
                }

                // After one that failed, or does not answer, one of those who waited leads again: what fails once is not met by all of them at once.
                if (fill.Phase != FillPhase.Failed && !fill.IsSlow && (fill.Phase != FillPhase.Open || answer.Key.Span.SequenceEqual(fill.Content.StoreKey.Span)))
                {
                    tries = SharedTries; // no other fetch has more for it
                }

                await answer.AbandonAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            if (!isKept)
            {
                try
                {
                    await answer.AbandonAsync().ConfigureAwait(false);
                }
                finally
                {
                    answer.Free();
                }
            }
        }
    }

    /// <summary>Asks for a newer response while the client is answered with what is stale (RFC 5861 §3); does nothing where somebody does already.</summary>
    public void Refresh(ProxyRequest request, CachedAnswer answer)
    {
        Fill fill = Fill.Rent(cache);
        fill.Prepare(request, answer, FillKind.Refresh);
        if (cache.Fills.Add(fill, null, answer.Ended, out _) == FillSeat.Leader)
        {
            fill.Start();
        }
        else
        {
            fill.Release();
        }
    }

    /// <summary>Joins a fetch, or begins one; false: one has ended since the store was looked into, so that it is worth another look.</summary>
    private bool TrySit(ProxyRequest request, CachedAnswer answer, ForwardReason reason, bool isAlone)
    {
        bool mayJoin = !isAlone && reason != ForwardReason.Request && !cache.Unshared.Contains(answer.Hash, in answer.Facts);
        if (mayJoin && cache.Fills.TryJoin(answer.Hash, answer.Key.Span, answer.Reader) is { } running)
        {
            answer.Fill = running;
            return true;
        }

        // A range is fetched as a range, and credentials are likely to get what is for them alone: neither shall hold up others.
        bool isShared = mayJoin && !answer.Facts.HasRange && !answer.Facts.HasAuthorization;
        Fill fill = Fill.Rent(cache);
        fill.Prepare(request, answer, isShared ? FillKind.Shared : FillKind.Private);
        FillSeat seat = cache.Fills.Add(fill, answer.Reader, answer.Ended, out Fill joined);
        if (seat == FillSeat.Leader)
        {
            answer.Fill = fill;
            fill.Start();
            return true;
        }

        fill.Release();
        answer.Fill = seat == FillSeat.Joined ? joined : null;
        return seat switch
        {
            FillSeat.Joined => true,
            FillSeat.LookAgain => false,
            _ => throw new BackendException(BackendFailureStage.Dial, BackendFailureKind.Disconnected, "the cache is being stopped"),
        };
    }

    private ValueTask LookAgainAsync(ProxyRequest request, CachedAnswer answer, CancellationToken cancellationToken)
    {
        answer.DropStored();
        answer.Key.Truncate(answer.PrimaryLength);
        answer.BeginLook(cache.Fills);
        return answer.IsStoreLost ? default : CacheLookup.FindAsync(cache, answer, request, cancellationToken);
    }

    /// <summary>Makes the answer of what the fetch brought; null: it is not for this request.</summary>
    private ProxyResponse? TryAnswer(ProxyRequest request, CachedAnswer answer, ForwardReason reason)
    {
        Fill fill = answer.Fill!; // it waited for it
        FillContent content = fill.Content;
        bool isLeader = fill.IsLeader(answer.Reader);
        long nowMs = cache.NowMs();
        switch (fill.Phase)
        {
            case FillPhase.Handed when isLeader:
                return AnswerReport.Handed(cache, request, answer, fill.TakeHanded()!, reason); // nobody else takes it while the leader is there
            case FillPhase.Failed when isLeader:
                throw Broken(fill.Fault!); // it has failed
            case FillPhase.Stored when content.StaleCause is { } cause:
                return isLeader || ReuseRules.MayServeOnError(in answer.Facts, in content.Head, nowMs, cache.Options, cause)
                    ? AnswerReport.Stale(cache, request, answer, content.Result!, in content.Head, content.ForwardStatus, nowMs) // it is stored
                    : null;
            case FillPhase.Stored when isLeader || MayReuse(answer, in content.Head, nowMs):
                return AnswerReport.Confirmed(cache, request, answer, reason, !isLeader, nowMs);
            case FillPhase.Open when isLeader || (IsSelected(request, answer) && MayReuse(answer, in content.Head, nowMs)):
                return AnswerReport.Followed(cache, request, answer, reason, !isLeader, nowMs);
            default:
                return null;
        }
    }

    /// <summary>A response that was fetched for somebody else is the answer only where it could be found in the store (RFC 9111 §4); a part is another's.</summary>
    private static bool MayReuse(CachedAnswer answer, in StoredHead head, long nowMs) =>
        MayReuse(ReuseRules.Decide(in answer.Facts, in head, nowMs), in head);

    private static bool MayReuse(Reuse reuse, in StoredHead head) => head.StatusCode != 206 && reuse is Reuse.Serve or Reuse.ServeStale or Reuse.ServeAndRefresh;

    /// <summary>
    /// The selecting fields of the response have the same values in this request as in the one that fetched it (RFC 9111 §4.1). If not, the
    /// key becomes the one under which the answer to this request is found.
    /// </summary>
    private static bool IsSelected(ProxyRequest request, CachedAnswer answer)
    {
        FillContent content = answer.Fill!.Content; // it waited for it
        if (content.VaryNames.Length == 0)
        {
            return true;
        }

        answer.Key.Truncate(answer.PrimaryLength);
        VaryRules.AppendSelection(ref answer.Key, content.VaryNames.Span, request.Fields);
        return answer.Key.Span.SequenceEqual(content.StoreKey.Span);
    }

    private static Exception Broken(Exception fault) => fault is BackendException broken
        ? new BackendException(broken.Stage, broken.Kind, broken.Message, broken) { Error = broken.Error }
        : fault;
}
