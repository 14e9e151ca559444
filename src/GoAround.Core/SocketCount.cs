namespace GoAround.Core;

/// <summary>The sockets to one backend at one moment.</summary>
/// <param name="Open">All of them.</param>
/// <param name="Idle">Those that wait for a request.</param>
public readonly record struct SocketCount(int Open, int Idle);
