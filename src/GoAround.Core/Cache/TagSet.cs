namespace GoAround.Core.Cache;

/// <summary>A tag and the entries that bear it; there is one as long as some do.</summary>
internal sealed class TagSet(byte[] name, ulong hash)
{
    /// <summary>What this object takes on the heap with the array of its name, but not the name; measured by a test.</summary>
    internal const int ObjectBytes = 88;

    /// <summary>Its bytes.</summary>
    public byte[] Name { get; } = name;

    /// <summary>The hash of them.</summary>
    public ulong Hash { get; } = hash;

    /// <summary>The next one of its bucket.</summary>
    public TagSet? NextInBucket { get; set; }

    /// <summary>Who bears it longest.</summary>
    public TagLink? Oldest { get; set; }

    /// <summary>Who bears it shortest.</summary>
    public TagLink? Newest { get; set; }

    /// <summary>How many do.</summary>
    public int Count { get; set; }
}
