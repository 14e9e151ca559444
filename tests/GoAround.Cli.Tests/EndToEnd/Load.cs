using System;
using System.Collections.Concurrent;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Xunit;

namespace GoAround.Cli.Tests.EndToEnd;

/// <summary>Clients with a connection each, which send one GET after the other and note everything that is not a 200.</summary>
internal sealed class Load : IAsyncDisposable
{
    private readonly int _port;
    private readonly int _requestsEach;
    private readonly Func<int> _before;
    private readonly Action<int, Answer> _after;
    private readonly ConcurrentQueue<string> _faults = new();
    private readonly Task _running;
    private volatile bool _isStopping;
    private long _answered;

    private Load(int port, int clients, int requestsEach, Func<int> before, Action<int, Answer> after)
    {
        _port = port;
        _requestsEach = requestsEach;
        _before = before;
        _after = after;
        _running = Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(RunAsync)));
    }

    /// <summary>Starts clients that go on until they are stopped.</summary>
    public static Load Start(int port, int clients) => new(port, clients, int.MaxValue, static () => 0, static (_, _) => { });

    /// <summary>Starts clients that go on until they are stopped.</summary>
    /// <param name="port">The balancer's.</param>
    /// <param name="clients">How many.</param>
    /// <param name="before">Called before each request.</param>
    /// <param name="after">Called with what that gave, and the answer; throws where the answer is wrong.</param>
    public static Load Start(int port, int clients, Func<int> before, Action<int, Answer> after) => new(port, clients, int.MaxValue, before, after);

    /// <summary>Runs clients that send so many requests each, and asserts that every one was answered with 200.</summary>
    public static async Task RunAsync(int port, int clients, int requestsEach)
    {
        await using Load load = new(port, clients, requestsEach, static () => 0, static (_, _) => { });
        await load._running;
        await load.StopAsync();
        Assert.Equal((long)clients * requestsEach, Interlocked.Read(ref load._answered));
    }

    /// <summary>Waits until so many more requests were answered.</summary>
    public async Task AnswerMoreAsync(int count)
    {
        long goal = Interlocked.Read(ref _answered) + count;
        await Eventually.HoldsAsync($"{count} more answers", () => Task.FromResult(Interlocked.Read(ref _answered) >= goal || _running.IsCompleted));
    }

    /// <summary>Lets each client end its request, and asserts that none was answered otherwise than with 200.</summary>
    public async Task StopAsync()
    {
        _isStopping = true;
        await _running;
        Assert.True(_faults.IsEmpty, $"{_faults.Count} faults in {_answered} answers, the first: {string.Join("\n", _faults.Take(5))}");
    }

    public async ValueTask DisposeAsync()
    {
        _isStopping = true;
        await _running;
    }

    private async Task RunAsync()
    {
        try
        {
            using KeepAliveClient client = await KeepAliveClient.ConnectAsync(_port);
            for (int i = 0; i < _requestsEach && !_isStopping; i++)
            {
                int mark = _before();
                Answer answer = await client.GetAsync("/");
                if (answer.Status != 200)
                {
                    throw new InvalidDataException(answer.Head + answer.Body);
                }

                _after(mark, answer);
                Interlocked.Increment(ref _answered);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or InvalidDataException or OperationCanceledException)
        {
            _faults.Enqueue(e.Message);
        }
    }
}
