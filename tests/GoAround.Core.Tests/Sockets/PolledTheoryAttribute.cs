using GoAround.Core.Sockets;
using Xunit;

namespace GoAround.Core.Tests.Sockets;

/// <summary>A test with rows of what only the engine that polls itself can do, as the program's does.</summary>
internal sealed class PolledTheoryAttribute : TheoryAttribute
{
    public PolledTheoryAttribute()
    {
        if (!Poller.IsWanted)
        {
            Skip = "only the engine that polls itself does this (set DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS=1)";
        }
    }
}
