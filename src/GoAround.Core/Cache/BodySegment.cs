using System.Buffers;

namespace GoAround.Core.Cache;

/// <summary>One run of a <see cref="BodyBuffer"/>. Its memory is the whole run: how much of the last one is filled, the buffer's length says.</summary>
internal sealed class BodySegment : ReadOnlySequenceSegment<byte>
{
    /// <summary>Begins at a position in the body.</summary>
    public BodySegment(CacheRun run, long position)
    {
        Run = run;
        Memory = run.Memory;
        RunningIndex = position;
    }

    /// <summary>What it holds of the memory; only the one who writes the body changes it.</summary>
    public CacheRun Run { get; set; }

    /// <summary>Sets what follows; once, by the one who writes the body.</summary>
    public void Follow(BodySegment next) => Next = next;
}
