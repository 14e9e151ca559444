namespace GoAround.Core;

/// <summary>What is known of a backend.</summary>
public enum HealthState : byte
{
    /// <summary>Not checked yet: requests wait for the first answer.</summary>
    Unknown,

    /// <summary>Takes requests.</summary>
    Healthy,

    /// <summary>Takes none until a check passes.</summary>
    Unhealthy,
}
