namespace GoAround.Cli.Tests.EndToEnd;

/// <summary>What a backend has counted; health checks are not among it.</summary>
/// <param name="Requests">All since its start.</param>
/// <param name="Running">Those it has not answered yet.</param>
/// <param name="MostAtOnce">The most that it ever had at the same time.</param>
internal sealed record BackendCounts(int Requests, int Running, int MostAtOnce);
