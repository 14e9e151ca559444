using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.Time.Testing;

namespace GoAround.Core.Tests.Cache.Conformance;

/// <summary>The backend behind one case: answers each step by its script, and records what it was asked.</summary>
internal sealed class CaseOrigin : IDisposable
{
    private readonly ConcurrentQueue<(int Step, CaseFields Fields)> _asked = new();
    private readonly ConcurrentDictionary<int, CaseScript> _scripts = new();

    private readonly FakeTimeProvider _time;

    public CaseOrigin(FakeTimeProvider time)
    {
        _time = time;
        Backend.Serve(ServeAsync);
    }

    public ScriptedBackend Backend { get; } = new();

    public CaseScript? this[int step]
    {
        get => _scripts.GetValueOrDefault(step);
        set => _scripts[step] = value!;
    }

    /// <summary>The heads of the requests that one step has caused so far.</summary>
    public IReadOnlyList<CaseFields> AskedIn(int step) => [.. _asked.Where(asked => asked.Step == step).Select(asked => asked.Fields)];

    public void Dispose() => Backend.Dispose();

    private async Task ServeAsync(WireEnd link)
    {
        using (link)
        {
            while (await link.TryReadHeadAsync() is { } head)
            {
                CaseFields fields = new(head);
                if (fields["Content-Length"] is { } length)
                {
                    await link.ReadAsync(int.Parse(length, CultureInfo.InvariantCulture));
                }

                int step = int.Parse(fields["X-Request-Id"]!, CultureInfo.InvariantCulture);
                _asked.Enqueue((step, fields));
                CaseScript script = _scripts[step];
                _time.Advance(script.Delay);
                if (!script.IsClosed)
                {
                    await link.SendAsync(script.Message(head.StartsWith("HEAD ", StringComparison.Ordinal), fields.IsConditional));
                }

                if (script.EndsConnection)
                {
                    return;
                }
            }
        }
    }
}
