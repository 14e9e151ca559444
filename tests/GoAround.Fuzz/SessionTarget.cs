using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Threading.Tasks;

namespace GoAround.Fuzz;

/// <summary>
/// A client's whole connection through the whole balancer, over real sockets, to a backend that reads with the reference reader. At the
/// backend arrive the requests that the reference reader finds in the client's bytes, no more, no fewer, none changed; where the balancer is
/// stricter it says so with an error. Every connection ends, every slot comes back, nothing is logged as an error.
/// </summary>
internal sealed class SessionTarget : IFuzzTarget
{
    private readonly RecordingBackend _backend;
    private readonly FuzzBalancer _balancer;
    private readonly HashSet<string> _sent = [];

    private SessionTarget(RecordingBackend backend, FuzzBalancer balancer)
    {
        _backend = backend;
        _balancer = balancer;
    }

    /// <inheritdoc/>
    public string Name => "session";

    /// <summary>Streams of which the reference reader would have read more than the balancer did.</summary>
    public int Stricter { get; private set; }

    /// <summary>Opens the balancer and the backend on free ports of this machine.</summary>
    public static async Task<SessionTarget> OpenAsync()
    {
        RecordingBackend backend = new();
        return new SessionTarget(backend, await FuzzBalancer.OpenAsync(backend.Port));
    }

    /// <inheritdoc/>
    public async ValueTask<int> RunAsync(byte[] input, Random random)
    {
        SeenStream reference = ReferenceReader.Read(Encoding.Latin1.GetString(input));
        _sent.UnionWith(reference.Requests.Append(reference.Partial).Select(LineOf));
        IReadOnlyList<int> statuses;
        try
        {
            statuses = await Conversation.HoldAsync(_balancer.EndPoint, input, reference, random);
            await _balancer.UntilAllSlotsAreBackAsync();
        }
        catch (OperationCanceledException)
        {
            throw new FuzzFailure($"it hangs: {_backend.Requests.Count} requests at the backend, the reference reader finds {reference.Requests.Count} and then {reference.End}");
        }

        Check(reference, statuses);
        return HashCode.Combine(statuses.Count, statuses.Count == 0 ? 0 : statuses[^1], reference.End, reference.Requests.Count, reference.Partial is null);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _balancer.DisposeAsync();
        _backend.Dispose();
    }

    private static string LineOf(SeenRequest? request) => $"{request?.Method} {request?.Target}";

    private void Check(SeenStream reference, IReadOnlyList<int> statuses)
    {
        SeenRequest[] got = [.. _backend.Requests];
        _backend.Requests.Clear();
        _balancer.ExpectNoErrors();
        if (_backend.Faults.TryDequeue(out string? problem))
        {
            throw new FuzzFailure(problem);
        }

        string found = $"{got.Length} requests at the backend and the statuses {string.Join(' ', statuses)}; "
            + $"the reference reader: {string.Join(", ", reference.Requests)} and then {reference.End}";
        SeenRequest[] expected = [.. reference.Requests.Where((_, number) => number < statuses.Count && statuses[number] == 200)];
        if (got.Length != expected.Length || got.Length != statuses.Count(status => status == 200))
        {
            throw new FuzzFailure($"{found}; at the backend: {string.Join(", ", got.AsEnumerable())}");
        }

        for (int i = 0; i < got.Length; i++)
        {
            if (Comparison.Difference(expected[i], got[i]) is { } difference)
            {
                throw new FuzzFailure(difference);
            }
        }

        Stricter += got.Length < reference.Requests.Count ? 1 : 0;
        bool isCutShort = statuses.Count < reference.Requests.Count || reference.End == StreamEnd.Refused;
        if (isCutShort && (statuses.Count == 0 || statuses[^1] is not ((>= 400 and < 500) or 501 or 505)))
        {
            throw new FuzzFailure($"no refusal: {found}");
        }

        while (_backend.Partials.TryDequeue(out SeenRequest? partial))
        {
            if (!_sent.Contains(LineOf(partial)))
            {
                throw new FuzzFailure($"the beginning of a request came to the backend that nobody had sent: {partial}");
            }
        }
    }
}
