using Xunit;

namespace GoAround.Cli.Tests.Packages;

/// <summary>Tests of the packages: packed once for all of them, and no other test beside them.</summary>
[CollectionDefinition(nameof(PackedOnce), DisableParallelization = true)]
public class PackedOnce : ICollectionFixture<PackageFeed>;
