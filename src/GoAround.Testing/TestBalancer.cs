using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core;
using GoAround.Core.Hosting;

namespace GoAround.Testing;

/// <summary>
/// The whole balancer but its listener, over test backends, in manual time: pool, health checks, retries, cache and your steps are the real ones. Every method runs on the
/// calling thread, and returns when nothing is left to run; where it has to wait, the clock moves on by itself.
/// </summary>
public sealed class TestBalancer : IAsyncDisposable
{
    private readonly MemoryTransport? _messages;
    private readonly MemoryDialer? _bytes;
    private readonly List<Task> _watches = [];

    private TestBalancer(TestSetup setup)
    {
        if (setup.Wire == TestWire.Bytes)
        {
            _bytes = new MemoryDialer(setup.Time, [.. setup.Backends]);
        }
        else
        {
            _messages = new MemoryTransport(setup.Time, setup.Options.Upstream, [.. setup.Backends]);
        }

        Time = setup.Time;
        foreach (TestBackend backend in setup.Backends)
        {
            Backend address = backend.Backend;
            setup.Options.Backends.Add(address.Weight == 1 ? address.Address : string.Create(CultureInfo.InvariantCulture, $"{address} weight={address.Weight}"));
        }

        Balancer = new Balancer(setup.Options, setup.Compose(_messages, _bytes));
    }

    /// <summary>The clock.</summary>
    public ManualTime Time { get; }

    /// <summary>What is tested.</summary>
    public Balancer Balancer { get; }

    /// <summary>Its pool; to change the backends use <see cref="ReplaceAsync"/>.</summary>
    public IBackendPool Pool => Balancer.Pool;

    /// <summary>Starts a balancer with the default options; returns after the first checks.</summary>
    /// <param name="backends">Whom it starts with; they belong to no other clock.</param>
    /// <exception cref="ArgumentNullException">They are null.</exception>
    /// <exception cref="InvalidOperationException">One belongs to another clock.</exception>
    public static Task<TestBalancer> StartAsync(params TestBackend[] backends) => StartAsync(new TestSetup(backends));

    /// <summary>Starts a balancer; returns after the first checks, or after <c>FirstCheckTimeout</c> of manual time.</summary>
    /// <param name="setup">Used for one balancer.</param>
    /// <exception cref="ArgumentNullException">There is none.</exception>
    /// <exception cref="InvalidOperationException">A backend belongs to another clock.</exception>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">An option is out of its range.</exception>
    public static async Task<TestBalancer> StartAsync(TestSetup setup)
    {
        ArgumentNullException.ThrowIfNull(setup);
        TestBalancer? balancer = null;
        await setup.Time.RunAsync(async () =>
        {
            balancer = new TestBalancer(setup);
            await balancer.Balancer.StartAsync(CancellationToken.None).ConfigureAwait(false);
        }).ConfigureAwait(false);
        if (!setup.Time.IsInside)
        {
            setup.Time.RunUntilIdle();
        }

        return balancer!; // it was run
    }

    /// <summary>Lets time pass, as <see cref="ManualTime.Advance"/> does.</summary>
    /// <param name="time">Zero or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative.</exception>
    /// <exception cref="InvalidOperationException">Called by what it runs; or it never comes to an end.</exception>
    public void Advance(TimeSpan time) => Time.Advance(time);

    /// <summary>Sends a request, and lets time pass until its answer is there.</summary>
    /// <param name="method">Such as <c>GET</c>.</param>
    /// <param name="target">Path and query.</param>
    /// <param name="text">The body; null: none.</param>
    /// <param name="fields">End-to-end fields; null: none.</param>
    /// <param name="cancellationToken">The client leaves.</param>
    public Task<TestAnswer> SendAsync(
        string method, string target, string? text = null, IEnumerable<KeyValuePair<string, string>>? fields = null, CancellationToken cancellationToken = default) =>
        SendAsync(Request(method, target, text, fields), cancellationToken);

    /// <summary>Sends a request, and lets time pass until its answer is there.</summary>
    /// <param name="request">Used for nothing else meanwhile.</param>
    /// <param name="cancellationToken">The client leaves.</param>
    public async Task<TestAnswer> SendAsync(ProxyRequest request, CancellationToken cancellationToken = default)
    {
        Task<TestAnswer>? answer = null;
        await Time.RunAsync(() => answer = TestClient.AskAsync(Balancer.Handler, Time, request, cancellationToken)).ConfigureAwait(false);
        return await answer!.ConfigureAwait(false); // it was run
    }

    /// <summary>Begins to send a request, and returns when it can go no further without time passing: move the clock, then look at the task.</summary>
    /// <param name="method">Such as <c>GET</c>.</param>
    /// <param name="target">Path and query.</param>
    /// <param name="text">The body; null: none.</param>
    /// <param name="fields">End-to-end fields; null: none.</param>
    /// <param name="cancellationToken">The client leaves.</param>
    public Task<TestAnswer> Begin(
        string method, string target, string? text = null, IEnumerable<KeyValuePair<string, string>>? fields = null, CancellationToken cancellationToken = default) =>
        Begin(Request(method, target, text, fields), cancellationToken);

    /// <summary>Begins to send a request, and returns when it can go no further without time passing: move the clock, then look at the task.</summary>
    /// <param name="request">Used for nothing else meanwhile.</param>
    /// <param name="cancellationToken">The client leaves.</param>
    public Task<TestAnswer> Begin(ProxyRequest request, CancellationToken cancellationToken = default) =>
        Run(() => TestClient.AskAsync(Balancer.Handler, Time, request, cancellationToken));

    /// <summary>
    /// Begins to send a request as <see cref="Begin(ProxyRequest, CancellationToken)"/> does, and keeps its answer: the connection is taken until
    /// <see cref="HeldRequest.End"/>, whatever time passes.
    /// </summary>
    /// <param name="method">Default <c>GET</c>.</param>
    /// <param name="target">Path and query; default <c>/</c>.</param>
    /// <param name="text">The body; null: none.</param>
    /// <param name="fields">End-to-end fields; null: none.</param>
    /// <param name="cancellationToken">The client leaves, if it has no answer yet.</param>
    public HeldRequest Hold(
        string method = "GET", string target = "/", string? text = null, IEnumerable<KeyValuePair<string, string>>? fields = null, CancellationToken cancellationToken = default) =>
        Hold(Request(method, target, text, fields), cancellationToken);

    /// <summary>Begins to send a request, and keeps its answer: the connection is taken until <see cref="HeldRequest.End"/>, whatever time passes.</summary>
    /// <param name="request">Used for nothing else until the end.</param>
    /// <param name="cancellationToken">The client leaves, if it has no answer yet.</param>
    public HeldRequest Hold(ProxyRequest request, CancellationToken cancellationToken = default)
    {
        HeldRequest held = new(Time);
        _ = Run(() => TestClient.AskAsync(Balancer.Handler, Time, request, cancellationToken, held)); // it never throws
        return held;
    }

    /// <summary>Sends requests at an even rate from now on, whatever becomes of them, for as long as the clock is moved; the first at once.</summary>
    /// <param name="perSecond">Requests each second; above zero, at most 1,000,000.</param>
    /// <param name="request">Makes the request of a number, 0, 1, 2...; null: <c>GET /</c>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rate is out of range.</exception>
    public TestLoad StartLoad(double perSecond, Func<int, ProxyRequest>? request = null) => new(this, perSecond, request ?? (static _ => new ProxyRequest("GET", "/")));

    /// <summary>Sends requests at an even rate for some time, and waits for the last answer.</summary>
    /// <param name="perSecond">Requests each second; above zero, at most 1,000,000.</param>
    /// <param name="during">How long it sends; zero or more.</param>
    /// <param name="request">Makes the request of a number, 0, 1, 2...; null: <c>GET /</c>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rate, or the time, is out of range.</exception>
    /// <exception cref="TimeoutException">A request has no answer within <see cref="ManualTime.Patience"/>.</exception>
    public async Task<TestLoad> LoadAsync(double perSecond, TimeSpan during, Func<int, ProxyRequest>? request = null)
    {
        TestLoad load = StartLoad(perSecond, request);
        Advance(during);
        await load.FinishAsync().ConfigureAwait(false);
        return load;
    }

    /// <summary>Replaces all the backends while traffic flows.</summary>
    /// <param name="backends">The new set; those that stay are named again.</param>
    /// <exception cref="ArgumentNullException">They are null.</exception>
    public Task<BackendChange> ReplaceAsync(params TestBackend[] backends)
    {
        ArgumentNullException.ThrowIfNull(backends);
        foreach (TestBackend backend in backends)
        {
            _messages?.Add(backend);
            _bytes?.Add(backend);
        }

        return RunAsync(() => Pool.ReplaceAsync([.. backends.Select(backend => backend.Backend)], CancellationToken.None).AsTask());
    }

    /// <summary>Takes a backend out of service, and lets time pass until it carries nothing any more.</summary>
    /// <param name="backend">One that is not in the pool, and carries nothing, is empty already.</param>
    /// <exception cref="ArgumentNullException">There is no backend.</exception>
    /// <exception cref="ObjectDisposedException">The balancer was disposed.</exception>
    /// <exception cref="OperationCanceledException">The backend was resumed before it was empty.</exception>
    /// <exception cref="TimeoutException">It is not empty within <see cref="ManualTime.Patience"/>: something is held.</exception>
    public Task DrainAsync(TestBackend backend)
    {
        ArgumentNullException.ThrowIfNull(backend);
        return Time.RunAsync(() => Pool.DrainAsync(backend.Backend, CancellationToken.None));
    }

    /// <summary>Takes a backend out of service, and returns at once: the task completes when it carries nothing any more; move the clock, or end what is held, then look at it.</summary>
    /// <param name="backend">One that is not in the pool, and carries nothing, is empty already.</param>
    /// <param name="cancellationToken">Ends the waiting, not the draining.</param>
    /// <exception cref="ArgumentNullException">There is no backend.</exception>
    /// <exception cref="ObjectDisposedException">The balancer was disposed.</exception>
    /// <exception cref="OperationCanceledException">The waiting was given up, the backend was resumed before it was empty, or the balancer was disposed meanwhile.</exception>
    public Task BeginDrain(TestBackend backend, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(backend);
        return Run(() => Pool.DrainAsync(backend.Backend, cancellationToken));
    }

    /// <summary>A backend takes requests again, if it is healthy; returns when nothing is left to run.</summary>
    /// <param name="backend">One that drains.</param>
    /// <returns>False where it did not drain, or is not in the pool.</returns>
    /// <exception cref="ArgumentNullException">There is no backend.</exception>
    public bool EndDrain(TestBackend backend)
    {
        ArgumentNullException.ThrowIfNull(backend);
        return Run(() => Pool.EndDrain(backend.Backend));
    }

    /// <summary>What the pool says of a backend now: health, load, limit, whether it drains.</summary>
    /// <param name="backend">One of the pool's.</param>
    /// <exception cref="ArgumentNullException">There is no backend.</exception>
    /// <exception cref="InvalidOperationException">It is not in the pool.</exception>
    public BackendStatus StatusOf(TestBackend backend)
    {
        ArgumentNullException.ThrowIfNull(backend);
        return Pool.GetStatus().Single(status => status.Backend.Equals(backend.Backend));
    }

    /// <summary>Keeps what happens to the backends from now on, until the balancer is disposed.</summary>
    /// <returns>A list that grows as things happen, in order; to be read when the clock stands still.</returns>
    public IReadOnlyList<PoolChange> Watch()
    {
        List<PoolChange> seen = [];
        IAsyncEnumerable<PoolChange> changes = Pool.WatchAsync(CancellationToken.None);
        _watches.Add(Run(() => KeepAsync(changes, seen)));
        return seen;
    }

    /// <summary>Runs something of the balancer within the clock, which moves on until it is done; for what this class has no method for.</summary>
    /// <param name="code">Begun on this thread; what it throws, the task has.</param>
    /// <exception cref="TimeoutException">It has not ended within <see cref="ManualTime.Patience"/>.</exception>
    public async Task<T> RunAsync<T>(Func<Task<T>> code)
    {
        Task<T>? task = null;
        await Time.RunAsync(() => task = code()).ConfigureAwait(false);
        return await task!.ConfigureAwait(false); // it was run
    }

    /// <summary>Runs something of the balancer within the clock, and all that it sets going, while the clock stands still: begins what does not end without time passing.</summary>
    /// <param name="code">Run on this thread; what it throws, the call throws.</param>
    /// <exception cref="ArgumentNullException">There is no code.</exception>
    public T Run<T>(Func<T> code)
    {
        ArgumentNullException.ThrowIfNull(code);
        if (Time.IsInside)
        {
            return code();
        }

        T? done = default;
        Time.Enter(() => done = code());
        Time.RunUntilIdle();
        return done!; // it was run
    }

    /// <summary>Ends the balancer; who still waits gets 503.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Time.IsInside)
        {
            await EndAsync().ConfigureAwait(false);
            return;
        }

        Task end = Task.CompletedTask;
        Time.Enter(() => end = EndAsync());
        do
        {
            Task more = Time.WaitForMore();
            Time.RunUntilIdle();
            await Task.WhenAny(end, more).ConfigureAwait(false); // the end may take a way over the thread pool
        }
        while (!end.IsCompleted);
        await end.ConfigureAwait(false);
    }

    private static async Task KeepAsync(IAsyncEnumerable<PoolChange> changes, List<PoolChange> seen)
    {
        await foreach (PoolChange change in changes.ConfigureAwait(false))
        {
            seen.Add(change);
        }
    }

    private async Task EndAsync()
    {
        await Balancer.DisposeAsync().ConfigureAwait(false);
        await Task.WhenAll(_watches).ConfigureAwait(false);
    }

    private static ProxyRequest Request(string method, string target, string? text, IEnumerable<KeyValuePair<string, string>>? fields)
    {
        ProxyRequest request = new(method, target) { Authority = "test"u8.ToArray() };
        foreach ((string name, string value) in fields ?? [])
        {
            request.Fields.Add(name, value);
        }

        if (text is not null)
        {
            request.Body = MessageBody.FromBytes(Encoding.UTF8.GetBytes(text));
        }

        return request;
    }
}
