using System.Collections.Generic;

namespace GoAround.Core.Pool;

/// <summary>Merges the slots of several backends so that neighbours belong to different ones.</summary>
internal static class SlotShuffle
{
    /// <summary>
    /// Spaces the slots of each list evenly over the whole: slot i of c stands at (i + 1/2) / c. Lists of one length
    /// therefore take turns, and a shorter one is spread over the longer ones.
    /// </summary>
    public static List<T> Merge<T>(IReadOnlyList<IReadOnlyList<T>> lists)
    {
        PriorityQueue<int, (double Place, int List)> heads = new(lists.Count);
        int total = 0;
        for (int i = 0; i < lists.Count; i++)
        {
            total += lists[i].Count;
            if (lists[i].Count > 0)
            {
                heads.Enqueue(0, (PlaceOf(0, lists[i].Count), i));
            }
        }

        List<T> merged = new(total);
        while (heads.TryDequeue(out int index, out (double Place, int List) head))
        {
            IReadOnlyList<T> list = lists[head.List];
            merged.Add(list[index]);
            if (index + 1 < list.Count)
            {
                heads.Enqueue(index + 1, (PlaceOf(index + 1, list.Count), head.List));
            }
        }

        return merged;
    }

    private static double PlaceOf(int index, int count) => (index + 0.5) / count;
}
