namespace GoAround.Core.Server;

/// <summary>What whoever counts is told of one request: that it has come, how it ended and after how long, and what went wrong.</summary>
internal struct RequestTally
{
    private long _start;

    /// <summary>Why the request is not answered as it should be; none so long as it is.</summary>
    public ProxyError Error { get; set; }

    /// <summary>A request has come.</summary>
    public void Begin(ServerContext server)
    {
        Error = ProxyError.None;
        _start = server.Time.GetTimestamp();
        server.Events.RequestStarted();
    }

    /// <summary>It is through. A response that did not get to its end, with nobody else at fault, was not taken by the client.</summary>
    public readonly void End(ServerContext server, ProxyRequest request, ResponseWriter writer)
    {
        int statusCode = writer.StatusCode;
        ProxyError error = statusCode == ResponseWriter.ClientClosedRequest || (Error == ProxyError.None && !writer.IsWhole && statusCode != 101) ? ProxyError.ClientLeft : Error;
        if (error != ProxyError.None)
        {
            server.Events.ErrorMade(error, statusCode);
        }

        server.Events.RequestEnded(request, statusCode, server.Time.GetElapsedTime(_start));
    }
}
