using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core;

namespace GoAround.Cli.Control;

/// <summary>Applies one line of the control socket, a comma-separated list of addresses or a command for the pool or the cache, and says what came of it.</summary>
/// <remarks>Lists of several connections are applied one after the other, in the order they were complete.</remarks>
internal sealed class ControlCommand(IBackendPool pool, CacheCommand cache, TimeProvider time) : IDisposable
{
    private readonly PoolCommand _commands = new(pool, time);
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>
    /// The answer, without its newline: <c>ok 2 backends, 1 added, 1 removed</c>, with <c>, 1 changed</c> where a weight is another, or
    /// <c>error: ..., backends unchanged</c>; for a command, what <see cref="PoolCommand"/> or <see cref="CacheCommand"/> says.
    /// </summary>
    /// <exception cref="OperationCanceledException">The program stops; nothing was changed.</exception>
    public async Task<string> ApplyAsync(string line, CancellationToken cancellationToken)
    {
        if (CacheCommand.IsOne(line))
        {
            return await cache.ApplyAsync(line, cancellationToken).ConfigureAwait(false);
        }

        if (PoolCommand.IsOne(line))
        {
            return await _commands.ApplyAsync(line, cancellationToken).ConfigureAwait(false);
        }

        string? problem = TryRead(line, out List<Backend> backends);
        if (problem is not null)
        {
            return Refusal(problem);
        }

        // Whoever read the line may be the thread that polls the sockets of all requests: it is not kept waiting.
        await Task.Yield();
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            BackendChange change = await pool.ReplaceAsync(backends, cancellationToken).ConfigureAwait(false);
            string noun = change.Total == 1 ? "backend" : "backends";
            string changed = change.Changed > 0 ? $", {change.Changed} changed" : "";
            return $"ok {change.Total} {noun}, {change.Added} added, {change.Removed} removed{changed}";
        }
        catch (ObjectDisposedException)
        {
            return Refusal("goaround is stopping");
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>The answer that refuses a line.</summary>
    public static string Refusal(string problem) => $"error: {OneLine.Of(problem)}, backends unchanged";

    public void Dispose() => _turn.Dispose();

    /// <summary>Nothing in it is of an address: more likely it was meant as a command.</summary>
    private static bool IsWords(string line) => !line.AsSpan().ContainsAny(".:/,");

    private static string? TryRead(string line, out List<Backend> backends)
    {
        backends = [];

        // A list of nothing is refused: more likely a script's empty variable than the wish to answer 503 to everybody.
        if (line.AsSpan().Trim(" \t,").IsEmpty)
        {
            return "the list is empty";
        }

        foreach (string address in line.Split(','))
        {
            if (!Backend.TryParse(address, out Backend? backend, out string? problem))
            {
                return IsWords(line) ? $"'{line.Trim()}' is neither a command (status, drain, resume, cache, purge) nor a backend address" : problem;
            }

            backends.Add(backend);
        }

        return null;
    }
}
