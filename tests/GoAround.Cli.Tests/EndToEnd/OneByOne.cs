using Xunit;

namespace GoAround.Cli.Tests.EndToEnd;

/// <summary>Tests that run whole processes: one after the other, since two at once would only slow each other down.</summary>
[CollectionDefinition(nameof(OneByOne), DisableParallelization = true)]
public class OneByOne;
