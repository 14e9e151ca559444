namespace GoAround.Core;

/// <summary>What a replacement of the backends did.</summary>
/// <param name="Total">Backends now in the pool.</param>
/// <param name="Added">Backends that were not there before.</param>
/// <param name="Removed">Backends that take nothing new any more.</param>
/// <param name="Changed">Backends that stay with another weight.</param>
public readonly record struct BackendChange(int Total, int Added, int Removed, int Changed = 0);
