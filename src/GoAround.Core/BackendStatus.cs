namespace GoAround.Core;

/// <summary>One backend of a pool at one moment.</summary>
/// <param name="Backend">The backend.</param>
/// <param name="State">Its health.</param>
/// <param name="InFlight">Requests it carries now.</param>
public readonly record struct BackendStatus(Backend Backend, HealthState State, int InFlight);
