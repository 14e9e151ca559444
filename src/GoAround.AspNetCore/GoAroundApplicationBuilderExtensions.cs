using System;
using GoAround.Core.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Options;

namespace GoAround.AspNetCore;

/// <summary>Lets a pool of backends answer what comes to the end of a pipeline, or of a branch of it. What goes out, and which options hold: <see cref="GoAroundEndpointRouteBuilderExtensions"/>.</summary>
public static class GoAroundApplicationBuilderExtensions
{
    /// <summary>Answers every request that comes here by a pool of its own, which starts and ends with the application.</summary>
    /// <param name="app">The pipeline; nothing that is added behind is reached.</param>
    /// <param name="configure">Sets the options, which are checked at once.</param>
    /// <param name="removePrefix">Taken off the path where it begins with it, in any case of letters: whole segments, decoded, such as <c>/api</c>; default nothing, also in a branch.</param>
    /// <exception cref="OptionsValidationException">An option is out of its range; the message names each.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="app"/> or <paramref name="configure"/> is null.</exception>
    /// <exception cref="ArgumentException">The prefix does not begin with a slash, or ends with one, or is encoded.</exception>
    public static void UseGoAround(this IApplicationBuilder app, Action<GoAroundOptions> configure, string? removePrefix = null)
    {
        ArgumentNullException.ThrowIfNull(app);
        ArgumentNullException.ThrowIfNull(configure);
        app.Run(new Mount(OwnBalancer.Make(app.ApplicationServices, null, configure), removePrefix).InvokeAsync);
    }

    /// <summary>Answers every request that comes here by the pool that was added by <c>AddGoAroundPool</c>.</summary>
    /// <param name="app">The pipeline; nothing that is added behind is reached.</param>
    /// <param name="pool">The name of the pool.</param>
    /// <param name="removePrefix">Taken off the path where it begins with it, in any case of letters: whole segments, decoded, such as <c>/api</c>; default nothing, also in a branch.</param>
    /// <exception cref="InvalidOperationException">There is no pool of this name.</exception>
    /// <exception cref="OptionsValidationException">An option of the pool is out of its range; the message names each.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="app"/> or <paramref name="pool"/> is null.</exception>
    /// <exception cref="ArgumentException">The pool's name is empty; or the prefix does not begin with a slash, or ends with one, or is encoded.</exception>
    public static void UseGoAround(this IApplicationBuilder app, string pool, string? removePrefix = null)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.Run(new Mount(NamedBalancer.Get(app.ApplicationServices, pool), removePrefix).InvokeAsync);
    }
}
