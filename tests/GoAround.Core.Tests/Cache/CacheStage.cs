using System;
using System.Text;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using GoAround.Core.Cache;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Core.Tests.Cache;

/// <summary>A cache before an origin that a test plays, call by call.</summary>
internal sealed class CacheStage : ProxyHandler, IAsyncDisposable
{
    private readonly Channel<OriginCall> _calls = Channel.CreateUnbounded<OriginCall>();

    public CacheStage(IResponseCache? store = null, Action<CacheOptions>? configure = null, FakeTimeProvider? time = null)
    {
        Time = time ?? new FakeTimeProvider(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));
        CacheOptions options = new() { IsEnabled = true };
        configure?.Invoke(options);
        Store = store ?? new DictionaryCache();
        Memory = new CacheMemory(Math.Min(options.SizeBytes, 64 * 1024 * 1024));
        Handler = new CachingHandler(this, Store, options, Memory, Events, Time, NullLogger<CachingHandler>.Instance, "test");
    }

    public CachingHandler Handler { get; }

    public IResponseCache Store { get; }

    public CacheMemory Memory { get; }

    public FakeTimeProvider Time { get; }

    public CacheTally Events { get; } = new();

    /// <summary>How many requests the origin has seen.</summary>
    public int Calls { get; private set; }

    /// <summary>The origin notices a cancellation.</summary>
    public bool FollowsCancellation { get; init; } = true;

    public static ProxyRequest Get(string target = "/a", string fields = "", string method = "GET", string host = "h")
    {
        ProxyRequest request = new(method, target) { Authority = Encoding.ASCII.GetBytes(host) };
        foreach (string line in fields.Split('|', StringSplitOptions.RemoveEmptyEntries))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            request.Fields.Add(line[..colon], line[(colon + 1)..].Trim());
        }

        return request;
    }

    /// <summary>Asks, as a client does, and reads the answer to its end.</summary>
    public Task<CacheReply> AskAsync(string target = "/a", string fields = "", string method = "GET", CancellationToken token = default) =>
        AskAsync(Get(target, fields, method), token);

    public async Task<CacheReply> AskAsync(ProxyRequest request, CancellationToken token = default)
    {
        ProxyResponse response = await Handler.HandleAsync(request, token).AsTask().WaitAsync(WireEnd.Patience, CancellationToken.None);
        return await CacheReply.ReadAsync(response, token);
    }

    /// <summary>The next request that comes through.</summary>
    public async Task<OriginCall> CallAsync() => await _calls.Reader.ReadAsync().AsTask().WaitAsync(WireEnd.Patience);

    /// <summary>Asks for what is not stored yet, and answers it.</summary>
    public async Task<CacheReply> FillAsync(string body, string answerFields = "Cache-Control: max-age=60", string target = "/a", string fields = "", int status = 200)
    {
        Task<CacheReply> asking = AskAsync(target, fields);
        (await CallAsync()).Answer(body, answerFields, status);
        return await asking;
    }

    public void ExpectNoCall() => Assert.Equal(0, _calls.Reader.Count);

    public void Advance(double seconds) => Time.Advance(TimeSpan.FromSeconds(seconds));

    public override ValueTask<ProxyResponse> HandleAsync(ProxyRequest request, CancellationToken cancellationToken)
    {
        OriginCall call = new(request, FollowsCancellation, cancellationToken);
        lock (_calls)
        {
            Calls++;
        }

        _calls.Writer.TryWrite(call);
        return new(call.Answered);
    }

    public ValueTask DisposeAsync() => new(Handler.DisposeAsync().AsTask().WaitAsync(WireEnd.Patience));
}
