namespace GoAround.Core;

/// <summary>A backend that has a connection free, as a <see cref="SelectionPolicy"/> sees it.</summary>
/// <param name="Backend">The backend, with its weight.</param>
/// <param name="InFlight">Requests it carries now; a hint, for others come and go meanwhile.</param>
/// <param name="Limit">How many it may carry, by its weight and its slow start; at least 1.</param>
public readonly record struct BackendLoad(Backend Backend, int InFlight, int Limit);
