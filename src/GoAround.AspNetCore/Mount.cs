using System;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Hosting;
using Microsoft.AspNetCore.Http;

namespace GoAround.AspNetCore;

/// <summary>A balancer at a place of an application. Requests that come before its start has ended wait for it: Kestrel may listen earlier.</summary>
internal sealed class Mount
{
    private readonly Balancer _balancer;
    private readonly Forwarder _forwarder;
    private volatile bool _isStarted;

    /// <param name="balancer">Ended by somebody else.</param>
    /// <param name="removePrefix">Taken off the path; null: nothing is.</param>
    /// <exception cref="ArgumentException">The prefix is no path of whole segments.</exception>
    public Mount(Balancer balancer, string? removePrefix)
    {
        _balancer = balancer;
        _forwarder = new Forwarder(balancer, removePrefix);
    }

    /// <summary>Answers a request; a <see cref="RequestDelegate"/>.</summary>
    public Task InvokeAsync(HttpContext context) => _isStarted ? _forwarder.InvokeAsync(context) : StartAndInvokeAsync(context);

    private async Task StartAndInvokeAsync(HttpContext context)
    {
        await _balancer.StartAsync(context.RequestAborted).ConfigureAwait(false);
        _isStarted = true;
        await _forwarder.InvokeAsync(context).ConfigureAwait(false);
    }
}
