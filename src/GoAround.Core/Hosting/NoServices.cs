using System;

namespace GoAround.Core.Hosting;

/// <summary>The services of a balancer that was made without a container: none.</summary>
internal sealed class NoServices : IServiceProvider
{
    private NoServices()
    {
    }

    /// <summary>The only one.</summary>
    public static NoServices Instance { get; } = new();

    /// <inheritdoc/>
    public object? GetService(Type serviceType) => null;
}
