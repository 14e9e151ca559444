using System.Buffers;
using GoAround.Core.Async;

namespace GoAround.Core.Cache;

/// <summary>One run of a <see cref="BodyBuffer"/>. Its memory is the whole run: how much of the last one is filled, the buffer's length says.</summary>
internal sealed class BodySegment : ReadOnlySequenceSegment<byte>
{
    /// <summary>What it holds of the memory; only the one who writes the body changes it.</summary>
    public CacheRun Run { get; set; }

    /// <summary>One that begins at a position in the body.</summary>
    public static BodySegment Take(CacheRun run, long position)
    {
        BodySegment segment = FreeList<BodySegment>.TryTake() ?? new BodySegment();
        segment.Run = run;
        segment.Memory = run.Memory;
        segment.RunningIndex = position;
        return segment;
    }

    /// <summary>Sets what follows; once, by the one who writes the body.</summary>
    public void Follow(BodySegment next) => Next = next;

    /// <summary>Is used again. Nobody may look at it any more.</summary>
    public void Give()
    {
        Run = default;
        Memory = default;
        Next = null;
        FreeList<BodySegment>.Give(this);
    }
}
