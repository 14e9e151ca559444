using System.Collections.Concurrent;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Http;

namespace GoAround.Core.Tests.Cache;

/// <summary>A request whose client notes the interim responses it gets.</summary>
internal sealed class InterimRequest : ProxyRequest
{
    public InterimRequest()
        : base("GET", "/a") => Authority = "h"u8.ToArray();

    public ConcurrentQueue<int> Interims { get; } = new();

    /// <summary>Ends when the client has taken it.</summary>
    public Task Sent { get; init; } = Task.CompletedTask;

    public override async ValueTask SendInterimAsync(int statusCode, FieldList fields, CancellationToken cancellationToken)
    {
        Interims.Enqueue(statusCode);
        await Sent;
    }
}
