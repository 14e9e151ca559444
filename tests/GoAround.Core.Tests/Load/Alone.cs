using Xunit;

namespace GoAround.Core.Tests.Load;

/// <summary>Tests that measure the whole process: nothing else may run meanwhile.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
