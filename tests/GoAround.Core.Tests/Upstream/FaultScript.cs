using System;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;

namespace GoAround.Core.Tests.Upstream;

/// <summary>What a backend that fails does on a connection.</summary>
internal static class FaultScript
{
    /// <summary>Fails one request; the connection is over then.</summary>
    public static async Task FailAsync(WireEnd link, FaultStage stage)
    {
        switch (stage)
        {
            case FaultStage.ResetBeforeRequest:
                link.Reset();
                return;
            case FaultStage.Handshake:
            case FaultStage.ResetWithinHead:
                await link.ReadAsync(5);
                link.Reset();
                return;
            case FaultStage.ResetWithinRequest:
                await link.ReadHeadAsync();
                link.Reset();
                return;
        }

        await ReceivedRequest.TryReadAsync(link);
        switch (stage)
        {
            case FaultStage.ResetAfterRequest:
                link.Reset();
                return;
            case FaultStage.HalfHead:
                await link.SendAsync("HTTP/1.1 200 OK\r\nContent-Le");
                break;
            case FaultStage.Garbage:
                await link.SendAsync("what do you want\r\n\r\n");
                await link.ReadToCloseAsync();
                break;
            case FaultStage.Silence:
                await link.ReadToCloseAsync();
                break;
            case FaultStage.HalfBody:
                await link.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
                break;
        }

        link.Dispose();
    }

    /// <summary>Answers every request with its method, target and body.</summary>
    public static async Task EchoAsync(WireEnd link, Action<ReceivedRequest> onReceived)
    {
        while (await ReceivedRequest.TryReadAsync(link) is { } request)
        {
            onReceived(request);
            string content = $"{request.Method} {request.Target} {request.Body}";
            string response = WireEnd.Response(content);
            await link.SendAsync(request.Method == "HEAD" ? response[..^content.Length] : response);
        }
    }
}
