using System;
using GoAround.Core.Hosting;
using Microsoft.AspNetCore.Http;

namespace GoAround.AspNetCore;

/// <summary>A balancer as a delegate of ASP.NET Core. What goes out, and which options hold: <see cref="GoAroundEndpointRouteBuilderExtensions"/>.</summary>
public static class BalancerExtensions
{
    /// <summary>Makes the delegate that answers requests by a balancer; it is safe for concurrent use.</summary>
    /// <param name="balancer">Started and disposed by its owner.</param>
    /// <param name="removePrefix">Taken off the path where it begins with it, in any case of letters: whole segments, decoded, such as <c>/api</c>; default nothing.</param>
    /// <exception cref="ArgumentNullException"><paramref name="balancer"/> is null.</exception>
    /// <exception cref="ArgumentException">The prefix does not begin with a slash, or ends with one, or is encoded.</exception>
    public static RequestDelegate ToRequestDelegate(this Balancer balancer, string? removePrefix = null)
    {
        ArgumentNullException.ThrowIfNull(balancer);
        return new Forwarder(balancer, removePrefix).InvokeAsync;
    }
}
