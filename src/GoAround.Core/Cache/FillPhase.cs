namespace GoAround.Core.Cache;

/// <summary>How far a fetch has come.</summary>
internal enum FillPhase
{
    /// <summary>No backend has answered yet.</summary>
    Asking,

    /// <summary>The answer is being received, and all who may have it read along.</summary>
    Open,

    /// <summary>What was stored is the answer: a backend has confirmed it, or none could give a better one.</summary>
    Stored,

    /// <summary>The answer is for the one who asked first, alone.</summary>
    Handed,

    /// <summary>There is no answer.</summary>
    Failed,
}
