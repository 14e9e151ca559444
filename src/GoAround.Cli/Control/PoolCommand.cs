using System;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Cli.Flags;
using GoAround.Core;

namespace GoAround.Cli.Control;

/// <summary>What the control socket can ask of the pool, beside new lists: <c>status</c>, <c>drain URL</c>, <c>drain URL wait [TIME]</c>, <c>resume URL</c>.</summary>
internal sealed class PoolCommand(IBackendPool pool, TimeProvider time)
{
    private const string Usage = "'status', 'drain URL', 'drain URL wait', 'drain URL wait TIME' and 'resume URL' are understood";

    // As long as a connection may be quiet anyway; an hour is the most, for who waits holds one of few connections.
    private static readonly TimeSpan DefaultWait = ControlSession.IdleTime;
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    /// <summary>Whether a line is one of these, and no list of backends: the address of a backend never begins so.</summary>
    public static bool IsOne(string line) => Words(line) is ["status" or "drain" or "resume", ..];

    /// <summary>The answer, without its last newline. It begins with <c>ok</c> or <c>error: </c>; that of <c>status</c> has a line more for each backend.</summary>
    /// <exception cref="OperationCanceledException">The program stops.</exception>
    public async Task<string> ApplyAsync(string line, CancellationToken cancellationToken)
    {
        // Whoever read the line may be the thread that polls the sockets of all requests: it is not kept waiting.
        await Task.Yield();
        try
        {
            return Words(line) switch
            {
                ["status"] => Status(),
                ["drain", string url] => await DrainAsync(url, TimeSpan.Zero, cancellationToken).ConfigureAwait(false),
                ["drain", string url, "wait"] => await DrainAsync(url, DefaultWait, cancellationToken).ConfigureAwait(false),
                ["drain", string url, "wait", string text] => FlagReader.Duration(text, TimeSpan.FromSeconds(1), LongestWait) is { } wait
                    ? await DrainAsync(url, wait, cancellationToken).ConfigureAwait(false)
                    : Refusal($"'{text}' is no time in 1s..1h"),
                ["resume", string url] => Resume(url),
                _ => Refusal(Usage),
            };
        }
        catch (ObjectDisposedException)
        {
            return Refusal("goaround is stopping");
        }
    }

    private static string Refusal(string problem) => $"error: {OneLine.Of(problem)}";

    private static string Requests(int count) => count == 1 ? "1 request" : $"{count} requests";

    private static string Line(BackendStatus status)
    {
        string state = status.State switch
        {
            HealthState.Healthy => "healthy",
            HealthState.Unhealthy => "unhealthy",
            _ => "unknown",
        };
        string since = status.Since.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        string draining = status.IsDraining ? " draining" : "";
        return $"{status.Backend} {state}{draining} weight={status.Backend.Weight} in-flight={status.InFlight} limit={status.Limit} since={since} reason={OneLine.Of(status.Reason)}";
    }

    private static string[] Words(string line) => line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);

    private string Status()
    {
        PoolStatus status = pool.GetStatus();
        StringBuilder answer = new();
        answer.Append(CultureInfo.InvariantCulture, $"ok {status.Count} {(status.Count == 1 ? "backend" : "backends")}, {status.QueueLength} waiting, {status.RetriesRunning} retries running, {status.RetriesWaiting} held back");
        foreach (BackendStatus backend in status)
        {
            answer.Append('\n').Append(Line(backend));
        }

        return answer.ToString();
    }

    private async Task<string> DrainAsync(string url, TimeSpan wait, CancellationToken cancellationToken)
    {
        if (Find(url, out string problem) is not { } backend)
        {
            return Refusal(problem);
        }

        Task emptied = pool.DrainAsync(backend, CancellationToken.None);
        try
        {
            if (wait > TimeSpan.Zero)
            {
                await emptied.WaitAsync(wait, time, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (TimeoutException)
        {
            return Refusal(!pool.Backends.Contains(backend)
                ? $"{backend} was removed, and has not ended yet"
                : $"{backend} still carries {Requests(InFlight(backend))}, and goes on draining");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Refusal($"{backend} was resumed before it was empty");
        }

        return emptied.IsCompletedSuccessfully ? $"ok {backend} is empty" : $"ok {backend} drains, {Requests(InFlight(backend))} in flight";
    }

    private string Resume(string url) =>
        Find(url, out string problem) is not { } backend ? Refusal(problem)
        : pool.EndDrain(backend) ? $"ok {backend} takes requests again"
        : $"ok {backend} did not drain";

    private int InFlight(Backend backend) => pool.GetStatus().FirstOrDefault(status => status.Backend.Equals(backend)).InFlight;

    private Backend? Find(string url, out string problem)
    {
        if (!Backend.TryParse(url, out Backend? backend, out string? fault))
        {
            problem = fault;
            return null;
        }

        problem = $"'{backend}' is not among the backends";
        return pool.Backends.Contains(backend) ? backend : null;
    }
}
