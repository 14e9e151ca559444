using System;
using System.Net.Http;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;
using GoAround.Core.Sockets;

namespace GoAround.Core.Outgoing;

/// <summary>Sends what HttpClient sends through a chain of steps, and answers as HttpClient expects. Safe for concurrent use.</summary>
/// <param name="handler">Answers the requests.</param>
/// <param name="options">What the calls need to know besides.</param>
internal sealed class OutgoingCalls(ProxyHandler handler, OutgoingOptions options)
{
    private const int BadGateway = 502;
    private const int ClientClosedRequest = 499; // nginx's code for it

    private readonly ResponseMessages _messages = new();

    /// <summary>Sends a request, and returns as soon as the head of its response is there; the content holds slot and socket until it is read or disposed.</summary>
    /// <exception cref="HttpRequestException">No backend has answered, or the request cannot be sent.</exception>
    /// <exception cref="TaskCanceledException">The caller gave up.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage message, CancellationToken cancellationToken)
    {
        OutgoingRequest request = OutgoingRequest.Rent();
        ProxyResponse? response = null;
        bool isHeld = true; // until the response's content does, or it was ended
        try
        {
            request.Accept(message, options);
            request.StopWith(cancellationToken);
            response = await handler.HandleAsync(request, request.Stopping).ConfigureAwait(false);
            if (!request.Release())
            {
                cancellationToken.ThrowIfCancellationRequested(); // in the very moment in which the answer came
            }

            if (response.Error != ProxyError.None)
            {
                await CountAsync(response).ConfigureAwait(false);
            }

            OutgoingContent content = new();
            HttpResponseMessage answer = _messages.Make(message, response, content);
            isHeld = false;
            if (response.Body.Length == 0 && response.StatusCode != 101)
            {
                await EndAsync(request, response).ConfigureAwait(false); // at once: an answer without content is often dropped unread
            }
            else
            {
                content.Begin(new OutgoingStream(request, response, answer, options));
            }

            return answer;
        }
        catch (OperationCanceledException error) when (cancellationToken.IsCancellationRequested)
        {
            options.Events.ErrorMade(ProxyError.ClientLeft, ClientClosedRequest);
            throw new TaskCanceledException(error.Message, error, cancellationToken);
        }
        catch (BackendException failure)
        {
            options.Events.ErrorMade(failure.Error, BadGateway);
            throw OutgoingFaults.Of(failure.Error, failure.Message, failure); // of a step that asks backends itself
        }
        catch (ClientException fault)
        {
            options.Events.ErrorMade(ProxyError.HttpRequestError, fault.StatusCode);
            throw OutgoingFaults.Of(ProxyError.HttpRequestError, fault.Message, fault); // of a step that finds fault with the content
        }
        finally
        {
            if (isHeld)
            {
                await EndAsync(request, response).ConfigureAwait(false);
            }

            if (Poller.IsCurrent)
            {
                await PollThread.Leave(); // what follows is the application's
            }
        }
    }

    private static async ValueTask EndAsync(OutgoingRequest request, ProxyResponse? response)
    {
        try
        {
            if (response is not null)
            {
                await response.DisposeAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            request.End();
        }
    }

    /// <summary>What the balancer answers itself is counted, and thrown unless the caller has asked for it: only a backend's answer is one.</summary>
    private async ValueTask CountAsync(ProxyResponse response)
    {
        ReadOnlyMemory<byte> text = response.IsErrorAskedFor ? default : await response.Body.ReadAsync(CancellationToken.None).ConfigureAwait(false); // it lies in memory
        options.Events.ErrorMade(response.Error, response.StatusCode);
        if (!response.IsErrorAskedFor)
        {
            throw OutgoingFaults.Of(response.Error, Encoding.UTF8.GetString(text.Span).TrimEnd());
        }
    }
}
