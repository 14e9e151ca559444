namespace GoAround.Core;

/// <summary>The outcome of one health check.</summary>
/// <param name="State">Healthy; anything else counts as unhealthy.</param>
/// <param name="Reason">One line for the log: the status code, or what went wrong.</param>
public readonly record struct HealthReport(HealthState State, string Reason);
