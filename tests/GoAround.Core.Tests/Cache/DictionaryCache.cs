using System;
using System.Buffers;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Core.Tests.Cache;

/// <summary>A store as a user might write one: it copies everything, and may be slow or broken.</summary>
internal sealed class DictionaryCache : IResponseCache
{
    private readonly Dictionary<string, (byte[] Head, byte[] Body, byte[][] Tags, DateTimeOffset Until)> _entries = [];
    private readonly Lock _gate = new();

    /// <summary>Every call ends later, on another thread.</summary>
    public bool IsSlow { get; init; }

    /// <summary>Every call fails with this.</summary>
    public Exception? Fault { get; set; }

    /// <summary>The next call fails with this.</summary>
    public Exception? NextFault { get; set; }

    /// <summary>What is stored or removed waits for this.</summary>
    public Task? Hold { get; set; }

    /// <summary>What waits to be stored gets in also where the call is cancelled meanwhile.</summary>
    public bool IsLate { get; init; }

    /// <summary>What was found is handed out only after this.</summary>
    public Task? HoldFound { get; set; }

    /// <summary>How often something was looked for.</summary>
    public int Finds { get; private set; }

    /// <summary>Something waits for it.</summary>
    public bool Holding { get; private set; }

    public CacheUsage Usage => new(Keys.Length, 0, 0, 0);

    public string[] Keys
    {
        get
        {
            lock (_gate)
            {
                return [.. _entries.Keys.Order()];
            }
        }
    }

    /// <summary>Until when something is kept.</summary>
    public DateTimeOffset KeepUntil(string key)
    {
        lock (_gate)
        {
            return _entries[key].Until;
        }
    }

    public async ValueTask<StoredResponse?> FindAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken)
    {
        await BeginAsync();
        StoredResponse? found;
        Task? hold;
        lock (_gate)
        {
            hold = HoldFound; // before it is counted: whoever has seen the count may set another one
            Finds++;
            found = _entries.TryGetValue(Text(key), out var entry)
                ? new StoredResponse(entry.Head, new ReadOnlySequence<byte>(entry.Body), [.. entry.Tags.Select(tag => (ReadOnlyMemory<byte>)tag)], entry.Until)
                : null;
        }

        if (hold is not null)
        {
            await hold.WaitAsync(cancellationToken);
        }

        return found;
    }

    public async ValueTask StoreAsync(ReadOnlyMemory<byte> key, StoredResponse response, CancellationToken cancellationToken)
    {
        await BeginAsync();
        try
        {
            await HoldAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (IsLate)
        {
            Store(key, response);
            throw;
        }

        Store(key, response);
    }

    private void Store(ReadOnlyMemory<byte> key, StoredResponse response)
    {
        lock (_gate)
        {
            _entries[Text(key)] = (response.Head.ToArray(), response.Body.ToArray(), [.. response.Tags.Select(tag => tag.ToArray())], response.KeepUntil);
        }
    }

    public async ValueTask<int> RemoveAsync(ReadOnlyMemory<byte> tag, CancellationToken cancellationToken)
    {
        await BeginAsync();
        await HoldAsync(cancellationToken);
        lock (_gate)
        {
            string[] gone = [.. _entries.Where(entry => entry.Key == Text(tag) || entry.Value.Tags.Any(other => Text(other) == Text(tag))).Select(entry => entry.Key)];
            return gone.Count(_entries.Remove);
        }
    }

    public async ValueTask<int> ClearAsync(CancellationToken cancellationToken)
    {
        await BeginAsync();
        await HoldAsync(cancellationToken);
        lock (_gate)
        {
            int count = _entries.Count;
            _entries.Clear();
            return count;
        }
    }

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.Latin1.GetString(bytes.Span);

    private async ValueTask HoldAsync(CancellationToken cancellationToken)
    {
        if (Hold is { } hold)
        {
            Holding = true;
            await hold.WaitAsync(cancellationToken);
        }
    }

    private async ValueTask BeginAsync()
    {
        if (IsSlow)
        {
            await Task.Yield();
        }

        Exception? fault = NextFault ?? Fault;
        NextFault = null;
        if (fault is not null)
        {
            throw fault;
        }
    }
}
