using System;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core;

namespace GoAround.Samples.DiskCache;

/// <summary>
/// Keeps each response in a file of its own, named by the hash of its key; under <c>tags</c> lies a folder for each tag, with an empty file for each
/// response that bears it. It stores nothing more once its files are as large as they may be, until what is in them has expired or is purged.
/// </summary>
internal sealed class FolderCache : IResponseCache
{
    private readonly DirectoryInfo _responses;
    private readonly DirectoryInfo _tags;
    private readonly DirectoryInfo _incoming;
    private readonly long _maxBytes;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private long _bytes;
    private long _count;

    /// <summary>Opens a folder, which may hold responses of an earlier run.</summary>
    public FolderCache(string folder, long maxBytes, TimeProvider time)
    {
        _responses = Directory.CreateDirectory(Path.Combine(folder, "responses"));
        _tags = Directory.CreateDirectory(Path.Combine(folder, "tags"));
        _incoming = Directory.CreateDirectory(Path.Combine(folder, "incoming"));
        _maxBytes = maxBytes;
        _time = time;
        foreach (FileInfo file in _responses.EnumerateFiles())
        {
            _bytes += file.Length;
            _count++;
        }
    }

    public CacheUsage Usage => new(Volatile.Read(ref _count), Volatile.Read(ref _bytes), _maxBytes, Evictions: 0);

    public async ValueTask<StoredResponse?> FindAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken)
    {
        string name = NameOf(key);
        StoredResponse? response = await ReadAsync(name, cancellationToken);
        if (response is not null && response.KeepUntil <= _time.GetUtcNow())
        {
            response.Dispose();
            Delete(name);
            return null;
        }

        return response;
    }

    public async ValueTask StoreAsync(ReadOnlyMemory<byte> key, StoredResponse response, CancellationToken cancellationToken)
    {
        byte[] file = ResponseFile.Write(response);
        if (Volatile.Read(ref _bytes) + file.Length > _maxBytes)
        {
            return;
        }

        string name = NameOf(key);
        foreach (ReadOnlyMemory<byte> tag in response.Tags)
        {
            await File.WriteAllBytesAsync(Path.Combine(_tags.CreateSubdirectory(NameOf(tag)).FullName, name), [], cancellationToken);
        }

        // Written aside and moved: a reader sees the old response or the new one, never half of one.
        string aside = Path.Combine(_incoming.FullName, Guid.NewGuid().ToString("N"));
        await File.WriteAllBytesAsync(aside, file, cancellationToken);
        lock (_gate)
        {
            Delete(name);
            File.Move(aside, PathOf(name));
            _bytes += file.Length;
            _count++;
        }
    }

    public async ValueTask<int> RemoveAsync(ReadOnlyMemory<byte> tag, CancellationToken cancellationToken)
    {
        string name = NameOf(tag);
        int removed = await RemoveAsync(name, bearing: null, cancellationToken);
        string links = Path.Combine(_tags.FullName, name);
        foreach (string link in Directory.Exists(links) ? Directory.GetFiles(links) : [])
        {
            removed += await RemoveAsync(Path.GetFileName(link), tag, cancellationToken);
            File.Delete(link);
        }

        return removed;
    }

    public async ValueTask<int> ClearAsync(CancellationToken cancellationToken)
    {
        int removed = 0;
        foreach (FileInfo file in _responses.GetFiles())
        {
            removed += await RemoveAsync(file.Name, bearing: null, cancellationToken);
        }

        return removed;
    }

    // A link may be older than the response, which then need not bear the tag any more.
    private async ValueTask<int> RemoveAsync(string name, ReadOnlyMemory<byte>? bearing, CancellationToken cancellationToken)
    {
        using StoredResponse? response = await ReadAsync(name, cancellationToken);
        if (response is null || (bearing is { } tag && !response.Tags.Any(own => own.Span.SequenceEqual(tag.Span))))
        {
            return 0;
        }

        Delete(name);
        return response.IsMarker ? 0 : 1;
    }

    private async ValueTask<StoredResponse?> ReadAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return File.Exists(PathOf(name)) ? ResponseFile.TryRead(await File.ReadAllBytesAsync(PathOf(name), cancellationToken)) : null;
        }
        catch (FileNotFoundException)
        {
            return null; // removed meanwhile
        }
    }

    private void Delete(string name)
    {
        lock (_gate)
        {
            FileInfo file = new(PathOf(name));
            if (file.Exists)
            {
                _bytes -= file.Length;
                _count--;
                file.Delete();
            }
        }
    }

    private string PathOf(string name) => Path.Combine(_responses.FullName, name);

    private static string NameOf(ReadOnlyMemory<byte> key) => Convert.ToHexStringLower(SHA256.HashData(key.Span));
}
