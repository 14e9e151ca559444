using System;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Core.Tests.Cache;

/// <summary>One request that has come through the cache, for a test to answer.</summary>
internal sealed class OriginCall
{
    private readonly TaskCompletionSource<ProxyResponse> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenRegistration _giveUp;

    public OriginCall(ProxyRequest request, bool followsCancellation, CancellationToken cancellationToken)
    {
        Request = request;
        Token = cancellationToken;
        Head = $"{request.Method} {Encoding.Latin1.GetString(request.Target.Span)}\r\n{request.Fields}";
        _giveUp = followsCancellation ? cancellationToken.Register(() => _answer.TrySetCanceled(cancellationToken)) : default;
    }

    /// <summary>Method, target and fields, as they were when it came.</summary>
    public string Head { get; }

    public ProxyRequest Request { get; }

    public CancellationToken Token { get; }

    public Task<ProxyResponse> Answered => _answer.Task;

    /// <summary>How often the response was disposed.</summary>
    public int Disposals { get; private set; }

    /// <summary>Answers with a body that is there as a whole.</summary>
    public void Answer(string body, string fields = "Cache-Control: max-age=60", int status = 200) =>
        Answer(MessageBody.FromBytes(Encoding.Latin1.GetBytes(body)), fields, status);

    public void Answer(MessageBody body, string fields = "Cache-Control: max-age=60", int status = 200)
    {
        ProxyResponse response = new() { StatusCode = status, Body = body, ContentLength = body.Length, Backend = Backend.Parse("http://127.0.0.1:1"), Attempts = 1, ReceivedVersion = Core.Http.ProtocolVersion.Http11 };
        foreach (string line in fields.Split('|', StringSplitOptions.RemoveEmptyEntries))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            response.Fields.Add(line[..colon], line[(colon + 1)..].Trim());
        }

        Answer(response);
    }

    public void Answer(ProxyResponse response)
    {
        response.AddLease(new Counted(this));
        _giveUp.Dispose();
        Xunit.Assert.True(_answer.TrySetResult(response));
    }

    public void Fail(Exception fault) => _answer.TrySetException(fault);

    private sealed class Counted(OriginCall call) : IResponseLease
    {
        public ValueTask ReleaseAsync(ProxyResponse response)
        {
            call.Disposals++;
            return default;
        }
    }
}
