namespace GoAround.Core.Cache;

/// <summary>Whom a fetch is for.</summary>
internal enum FillKind
{
    /// <summary>All who ask for the same.</summary>
    Shared,

    /// <summary>The one who began it alone; its answer may be stored all the same.</summary>
    Private,

    /// <summary>The store: the one who began it was answered with what is stale. Others may join it.</summary>
    Refresh,
}
