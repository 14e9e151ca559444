using System;
using GoAround.Core.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace GoAround.AspNetCore;

/// <summary>Finds a pool by its name.</summary>
internal static class NamedBalancer
{
    /// <summary>The pool that was added under a name; made where it was not yet.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public static Balancer Get(IServiceProvider services, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return services.GetKeyedService<Balancer>(name)
            ?? throw new InvalidOperationException($"There is no pool named '{name}': services.AddGoAroundPool(\"{name}\", …) adds it.");
    }
}
