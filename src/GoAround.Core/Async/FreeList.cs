using System.Runtime.CompilerServices;

namespace GoAround.Core.Async;

/// <summary>Objects of one kind to be used again, for the whole process (<see cref="FreeShelves"/>).</summary>
internal static class FreeList<T>
    where T : class
{
    private static readonly FreeShelves Shelves = new();

    /// <summary>Takes a free object, or null where there is none.</summary>
    public static T? TryTake() => Unsafe.As<T>(Shelves.TryTake()); // nothing else is ever given here

    /// <summary>Gives an object back; it must hold nothing any more.</summary>
    public static void Give(T item) => Shelves.Give(item);
}
