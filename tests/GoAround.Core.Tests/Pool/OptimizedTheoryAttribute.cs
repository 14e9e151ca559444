using System.Diagnostics;
using System.Reflection;
using GoAround.Core.Tests.Sockets;
using Xunit;

namespace GoAround.Core.Tests.Pool;

/// <summary>A theory about the optimised build: in a Debug build every async method allocates its state, so that it is skipped there.</summary>
internal sealed class OptimizedTheoryAttribute : TheoryAttribute
{
    /// <param name="isPolled">It is about the engine that polls itself.</param>
    public OptimizedTheoryAttribute(bool isPolled = false)
    {
        if (isPolled)
        {
            Skip = new PolledTheoryAttribute().Skip;
        }

        if (typeof(ProxyHandler).Assembly.GetCustomAttribute<DebuggableAttribute>() is { IsJITOptimizerDisabled: true })
        {
            Skip = "needs -c Release";
        }
    }
}
