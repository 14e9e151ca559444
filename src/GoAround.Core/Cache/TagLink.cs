namespace GoAround.Core.Cache;

/// <summary>One entry's place under one of its tags.</summary>
internal sealed class TagLink(CacheEntry entry, TagSet set)
{
    /// <summary>What this object takes on the heap; measured by a test.</summary>
    internal const int ObjectBytes = 56;

    /// <summary>Who bears the tag.</summary>
    public CacheEntry Entry { get; } = entry;

    /// <summary>The tag.</summary>
    public TagSet Set { get; } = set;

    /// <summary>The same entry's next tag.</summary>
    public TagLink? NextOfEntry { get; set; }

    /// <summary>The one of the same tag that came before.</summary>
    public TagLink? Older { get; set; }

    /// <summary>The one of the same tag that came after.</summary>
    public TagLink? Newer { get; set; }
}
