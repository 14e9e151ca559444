using System;
using Microsoft.Extensions.Logging;

namespace GoAround.Core.Hosting;

/// <summary>Events of the application's: what they throw is logged and goes no further, for a slot, a session or a health check hangs on the one who calls them.</summary>
/// <param name="events">The application's.</param>
/// <param name="log">Where their faults are told.</param>
#pragma warning disable CA1031 // whoever counts may be anybody's code, and whatever it throws is its bug
internal sealed class GuardedEvents(ProxyEvents events, ILogger<GuardedEvents> log) : ProxyEvents
{
    /// <inheritdoc/>
    public override void ConnectionOpened()
    {
        try
        {
            events.ConnectionOpened();
        }
        catch (Exception fault)
        {
            HostingLog.EventFailed(log, nameof(ConnectionOpened), fault);
        }
    }

    /// <inheritdoc/>
    public override void ConnectionClosed()
    {
        try
        {
            events.ConnectionClosed();
        }
        catch (Exception fault)
        {
            HostingLog.EventFailed(log, nameof(ConnectionClosed), fault);
        }
    }

    /// <inheritdoc/>
    public override void ConnectionRefused(ConnectionRefusal reason)
    {
        try
        {
            events.ConnectionRefused(reason);
        }
        catch (Exception fault)
        {
            HostingLog.EventFailed(log, nameof(ConnectionRefused), fault);
        }
    }

    /// <inheritdoc/>
    public override void TlsHandshakeEnded(bool succeeded)
    {
        try
        {
            events.TlsHandshakeEnded(succeeded);
        }
        catch (Exception fault)
        {
            HostingLog.EventFailed(log, nameof(TlsHandshakeEnded), fault);
        }
    }

    /// <inheritdoc/>
    public override void RequestStarted()
    {
        try
        {
            events.RequestStarted();
        }
        catch (Exception fault)
        {
            HostingLog.EventFailed(log, nameof(RequestStarted), fault);
        }
    }

    /// <inheritdoc/>
    public override void RequestEnded(ProxyRequest request, int statusCode, TimeSpan elapsed)
    {
        try
        {
            events.RequestEnded(request, statusCode, elapsed);
        }
        catch (Exception fault)
        {
            HostingLog.EventFailed(log, nameof(RequestEnded), fault);
        }
    }

    /// <inheritdoc/>
    public override void QueueLeft(TimeSpan waited, bool served)
    {
        try
        {
            events.QueueLeft(waited, served);
        }
        catch (Exception fault)
        {
            HostingLog.EventFailed(log, nameof(QueueLeft), fault);
        }
    }

    /// <inheritdoc/>
    public override void AttemptEnded(Backend backend, ProxyRequest request, int statusCode, TimeSpan elapsed, BackendException? failure)
    {
        try
        {
            events.AttemptEnded(backend, request, statusCode, elapsed, failure);
        }
        catch (Exception fault)
        {
            HostingLog.EventFailed(log, nameof(AttemptEnded), fault);
        }
    }

    /// <inheritdoc/>
    public override void ResponseBroken(Backend backend, BackendException failure)
    {
        try
        {
            events.ResponseBroken(backend, failure);
        }
        catch (Exception fault)
        {
            HostingLog.EventFailed(log, nameof(ResponseBroken), fault);
        }
    }

    /// <inheritdoc/>
    public override void ErrorMade(ProxyError cause, int statusCode)
    {
        try
        {
            events.ErrorMade(cause, statusCode);
        }
        catch (Exception fault)
        {
            HostingLog.EventFailed(log, nameof(ErrorMade), fault);
        }
    }

    /// <inheritdoc/>
    public override void Fetched(int attempts)
    {
        try
        {
            events.Fetched(attempts);
        }
        catch (Exception fault)
        {
            HostingLog.EventFailed(log, nameof(Fetched), fault);
        }
    }

    /// <inheritdoc/>
    public override void HealthChanged(Backend backend, HealthReport report)
    {
        try
        {
            events.HealthChanged(backend, report);
        }
        catch (Exception fault)
        {
            HostingLog.EventFailed(log, nameof(HealthChanged), fault);
        }
    }

    /// <inheritdoc/>
    public override void BackendsReplaced(BackendChange change)
    {
        try
        {
            events.BackendsReplaced(change);
        }
        catch (Exception fault)
        {
            HostingLog.EventFailed(log, nameof(BackendsReplaced), fault);
        }
    }

    /// <inheritdoc/>
    public override void CacheAnswered(ProxyRequest request, CacheOutcome outcome, CacheBypass bypass, TimeSpan age)
    {
        try
        {
            events.CacheAnswered(request, outcome, bypass, age);
        }
        catch (Exception fault)
        {
            HostingLog.EventFailed(log, nameof(CacheAnswered), fault);
        }
    }
}
#pragma warning restore CA1031
