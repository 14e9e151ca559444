namespace GoAround.Cli.Tests.EndToEnd;

/// <summary>A response as <see cref="KeepAliveClient"/> read it.</summary>
/// <param name="Status">The status code.</param>
/// <param name="Backend">The backend that answered, as it named itself; empty where the balancer answered.</param>
/// <param name="Head">Status line and fields.</param>
/// <param name="Body">The body.</param>
internal sealed record Answer(int Status, string Backend, string Head, string Body);
