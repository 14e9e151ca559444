using System;
using System.Diagnostics.CodeAnalysis;
using GoAround.Core.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace GoAround.AspNetCore;

/// <summary>Maps routes to pools of backends.</summary>
/// <remarks>
/// <para>The path goes to the backend whole, as nginx passes it on: <c>GET /api/a%2Fb?c</c> under <c>/api/{**rest}</c> asks the backend for <c>/api/a%2Fb?c</c>, not a byte otherwise than it
/// was received, behind the path of the backend's address if that has one. Where the application has rewritten path or query, and where Kestrel has removed dot segments, what the application has goes out,
/// encoded anew. <c>removePrefix</c> takes segments off. Host stays the client's.</para>
/// <para>Of <see cref="GoAroundOptions.Server"/> these hold: <c>Forwarded</c>, <c>TrustedProxies</c>, <c>Via</c>, <c>ProxyName</c>, <c>ReplayBufferBytes</c>, and <c>MaxBodyBytes</c> in place of Kestrel's
/// <c>MaxRequestBodySize</c> (30,000,000 bytes by default). All other limits and deadlines of clients are Kestrel's.</para>
/// </remarks>
public static class GoAroundEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps a route to a pool of its own, whatever the method. The pool starts when the application has started, or with the first request, which waits for the first check of the backends,
    /// and ends when the application has stopped.
    /// </summary>
    /// <param name="endpoints">Where the route is added.</param>
    /// <param name="pattern">Of the route, such as <c>/api/{**rest}</c>; also the tag <c>goaround.pool</c> of the pool's meter.</param>
    /// <param name="configure">Sets the options, which are checked at once.</param>
    /// <param name="removePrefix">Taken off the path where it begins with it, in any case of letters: whole segments, decoded, such as <c>/api</c>; default nothing.</param>
    /// <returns>What policies and metadata are added to.</returns>
    /// <exception cref="OptionsValidationException">An option is out of its range; the message names each.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="endpoints"/> or <paramref name="configure"/> is null.</exception>
    /// <exception cref="ArgumentException">The prefix does not begin with a slash, or ends with one, or is encoded.</exception>
    public static IEndpointConventionBuilder MapGoAround(
        this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string pattern, Action<GoAroundOptions> configure, string? removePrefix = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(configure);
        return Map(endpoints, pattern, OwnBalancer.Make(endpoints.ServiceProvider, pattern, configure), removePrefix);
    }

    /// <summary>Maps a route, whatever the method, to the pool that was added by <c>AddGoAroundPool</c>.</summary>
    /// <param name="endpoints">Where the route is added.</param>
    /// <param name="pattern">Of the route, such as <c>/api/{**rest}</c>.</param>
    /// <param name="pool">The name of the pool.</param>
    /// <param name="removePrefix">Taken off the path where it begins with it, in any case of letters: whole segments, decoded, such as <c>/api</c>; default nothing.</param>
    /// <returns>What policies and metadata are added to.</returns>
    /// <exception cref="InvalidOperationException">There is no pool of this name.</exception>
    /// <exception cref="OptionsValidationException">An option of the pool is out of its range; the message names each.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="endpoints"/> or <paramref name="pool"/> is null.</exception>
    /// <exception cref="ArgumentException">The pool's name is empty; or the prefix does not begin with a slash, or ends with one, or is encoded.</exception>
    public static IEndpointConventionBuilder MapGoAround(
        this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string pattern, string pool, string? removePrefix = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        return Map(endpoints, pattern, NamedBalancer.Get(endpoints.ServiceProvider, pool), removePrefix);
    }

    private static IEndpointConventionBuilder Map(IEndpointRouteBuilder endpoints, string pattern, Balancer balancer, string? removePrefix) =>
        endpoints.Map(pattern, new Mount(balancer, removePrefix).InvokeAsync).WithDisplayName("GoAround " + pattern);
}
