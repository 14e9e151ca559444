using Xunit;

namespace GoAround.Core.Tests.Observability;

/// <summary>Tests that listen to activities: a listener is the process's, so requests of every other test would be traced meanwhile, and carry a field more.</summary>
[CollectionDefinition(nameof(TracedAlone), DisableParallelization = true)]
public sealed class TracedAlone;
