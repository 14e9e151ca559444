using GoAround.Core.Tests.Pool;
using Xunit;

namespace GoAround.Core.Tests.Sockets;

/// <summary>A theory about the optimised build of the engine that polls itself.</summary>
internal sealed class PolledOptimizedTheoryAttribute : TheoryAttribute
{
    public PolledOptimizedTheoryAttribute() => Skip = new PolledTheoryAttribute().Skip ?? new OptimizedTheoryAttribute().Skip;
}
