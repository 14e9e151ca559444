using System;
using System.IO;
using System.Runtime.CompilerServices;
using System.Threading.Tasks;
using GoAround.Core;
using GoAround.Core.Async;
using GoAround.Core.Http;
using GoAround.Core.Server;
using GoAround.Core.Sockets;
using Microsoft.AspNetCore.Http;

namespace GoAround.AspNetCore;

/// <summary>One request from its head to the last byte of its answer; used again from request to request.</summary>
internal sealed class HttpExchange
{
    private readonly Forwarder _mount;
    private readonly ContextRequest _request;
    private readonly ContextResponse _response;
    private readonly ForwardedFields _forwarded;
    private HttpContext? _context;
    private RequestTally _tally;

    public HttpExchange(Forwarder mount)
    {
        _mount = mount;
        _request = new ContextRequest(mount.Options, mount.Balancer.Time);
        _response = new ContextResponse(mount.ResponseFields);
        _forwarded = new ForwardedFields(mount.Options, mount.TrustedProxies, null);
    }

    private HttpContext Context => _context!; // there is one while a request is served

    private bool HasLeft => Context.RequestAborted.IsCancellationRequested || _request.HasLeft;

    /// <summary>Answers a request, and forgets it.</summary>
    /// <exception cref="OperationCanceledException">It was given up before anything was sent: the client left, or the time of a middleware ran out.</exception>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    public async ValueTask ServeAsync(HttpContext context)
    {
        _context = context;
        _response.Begin(context);
        _tally.Begin(_mount.Balancer.Events, _mount.Balancer.Time);
        try
        {
            await AnswerAsync().ConfigureAwait(false);
        }
        finally
        {
            _tally.End(_mount.Balancer.Events, _mount.Balancer.Time, _request, _response.StatusCode, _response.IsWhole);
            _request.Forget();
            _response.Begin(null);
            _context = null;
            if (Poller.IsCurrent)
            {
                await PollThread.Leave(); // what follows is the application's, and the server's
            }
        }
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    private async ValueTask AnswerAsync()
    {
        ProxyResponse? response = null;
        try
        {
            response = Prepare() ?? await _mount.Balancer.Handler.HandleAsync(_request, Context.RequestAborted).ConfigureAwait(false);
            _tally.Error = response.Error;
            if (response.StatusCode == 101)
            {
                await TunnelAsync(response).ConfigureAwait(false);
            }
            else
            {
                await _response.SendAsync(response, _request.Method.IsHead, _request.Version).ConfigureAwait(false);
            }
        }
        catch (ClientException fault)
        {
            ForwardingLog.Refused(_mount.Log, _request.RemoteEndPoint, fault.StatusCode, fault.Message);
            await InsteadAsync(fault.StatusCode, ProxyError.HttpRequestError, fault.Message).ConfigureAwait(false);
        }
        catch (Exception left) when (IsOfLeaving(left))
        {
            _tally.Error = ProxyError.ClientLeft;
            if (_response.HasBegun || !Context.RequestAborted.IsCancellationRequested) // or its body has told before the server does: nobody is there who could be answered
            {
                _response.Cut();
            }
            else
            {
                _response.Clear();
                throw; // a middleware that gives up for itself has an answer of its own
            }
        }
        catch (BackendException pause) when (pause.Kind == BackendFailureKind.TimedOut && response?.StatusCode == 101)
        {
            _response.EndTunnel(); // after UpstreamOptions.TunnelTimeout
        }
        catch (BackendException failure)
        {
            ForwardingLog.ResponseCut(_mount.Log, _request.RemoteEndPoint, failure.Message);
            if (response?.Backend is { } backend)
            {
                _mount.Balancer.Events.ResponseBroken(backend, failure);
            }

            string why = failure.Kind == BackendFailureKind.Malformed ? "The backend's answer is malformed." : "The backend's answer broke off.";
            await InsteadAsync(502, failure.Error, why).ConfigureAwait(false);
        }
        catch (UnsendableFieldException field)
        {
            ForwardingLog.FieldNotSent(_mount.Log, _request.RemoteEndPoint, field.Name);
            await InsteadAsync(502, ProxyError.ProxyInternalError, "The backend's answer has a field that cannot be sent.").ConfigureAwait(false);
        }
#pragma warning disable CA1031 // a bug, of this process or of a handler: it is logged, and answered where that is still possible
        catch (Exception error)
#pragma warning restore CA1031
        {
            ForwardingLog.RequestFailed(_mount.Log, error, _request.RemoteEndPoint);
            await InsteadAsync(500, ProxyError.ProxyInternalError, "This balancer failed.").ConfigureAwait(false);
        }
        finally
        {
            if (response is not null)
            {
                await response.DisposeAsync().ConfigureAwait(false);
            }

            if (_request.Tunnel is { HasEnded: true } && _tally.Error == ProxyError.ClientLeft)
            {
                _tally.Error = ProxyError.None; // it closed its half in order, which the server takes for its leaving
            }
        }
    }

    private bool IsOfLeaving(Exception fault) => fault is OperationCanceledException or IOException && HasLeft;

    /// <summary>Fills the request; returns the answer to one that no handler gets to see, else null.</summary>
    private ProxyResponse? Prepare()
    {
        Rejection fault = _request.Accept(Context, _mount.RemovePrefix);
        _forwarded.Begin(Context.Connection.RemoteIpAddress);
        if (fault != Rejection.None)
        {
            return Refuse(Rejections.StatusCode(fault), Rejections.Describe(fault));
        }

        if (_request.TargetsHttps && !Context.Request.IsHttps && !_forwarded.IsTrusted)
        {
            return Refuse(421, "A request for https needs TLS."); // RFC 9110 §7.4
        }

        return RequestGate.Pass(_mount.Options, _mount.Identity, _forwarded, _request, _request.DeclaredLength, _request.HeadForTrace());
    }

    private ProxyResponse Refuse(int statusCode, string why)
    {
        ForwardingLog.Refused(_mount.Log, _request.RemoteEndPoint, statusCode, why);
        return OwnAnswer.Make(statusCode, ProxyError.HttpRequestError, why);
    }

    private async ValueTask TunnelAsync(ProxyResponse response)
    {
        try
        {
            await _response.TunnelAsync(response, _request, _mount.Balancer.Options.Upstream.TunnelTimeout, _mount.Balancer.Time).ConfigureAwait(false);
        }
        catch (InvalidOperationException full) when (!_response.HasBegun)
        {
            ForwardingLog.UpgradeFailed(_mount.Log, _request.RemoteEndPoint, full.Message);
            await InsteadAsync(503, ProxyError.ConnectionLimitReached, "Too many upgraded connections are open.").ConfigureAwait(false);
        }
    }

    /// <summary>Answers an error where nothing was sent yet, else cuts the response: half an answer must not look whole.</summary>
    private async ValueTask InsteadAsync(int statusCode, ProxyError error, string why)
    {
        _tally.Error = error;
        if (_response.HasBegun)
        {
            _response.Cut();
            return;
        }

        _response.Clear();
        ProxyResponse answer = OwnAnswer.Make(statusCode, error, why);
        await using (answer.ConfigureAwait(false))
        {
            await _response.SendAsync(answer, Context.Request.Method == "HEAD", _request.Version).ConfigureAwait(false);
        }
    }
}
