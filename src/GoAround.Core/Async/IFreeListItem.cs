namespace GoAround.Core.Async;

/// <summary>An object that can stand in a <see cref="FreeList{T}"/>: it carries the link to the next one.</summary>
internal interface IFreeListItem<T>
    where T : class
{
    /// <summary>The next free object; only the list touches it.</summary>
    T? NextFree { get; set; }
}
