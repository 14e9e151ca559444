using System.Diagnostics;
using System.Reflection;
using Xunit;

namespace GoAround.Core.Tests.Pool;

/// <summary>A theory about the optimised build: in a Debug build every async method allocates its state, so that it is skipped there.</summary>
internal sealed class OptimizedTheoryAttribute : TheoryAttribute
{
    public OptimizedTheoryAttribute()
    {
        if (typeof(ProxyHandler).Assembly.GetCustomAttribute<DebuggableAttribute>() is { IsJITOptimizerDisabled: true })
        {
            Skip = "needs -c Release";
        }
    }
}
