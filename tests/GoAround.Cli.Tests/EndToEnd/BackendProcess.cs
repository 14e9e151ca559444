using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Threading.Tasks;

namespace GoAround.Cli.Tests.EndToEnd;

/// <summary>A backend in a process of its own, which counts what it is asked: tests/GoAround.TestBackend.</summary>
internal sealed class BackendProcess : IAsyncDisposable
{
    private RunningProcess _process;

    private BackendProcess(string name, RunningProcess process, int port)
    {
        Name = name;
        _process = process;
        Port = port;
    }

    /// <summary>What it calls itself in each answer.</summary>
    public string Name { get; }

    /// <summary>Where it listens; stays the same over a restart.</summary>
    public int Port { get; }

    /// <summary>Its address, as the balancer wants it.</summary>
    public string Address => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Port}");

    /// <summary>Starts one on a free port.</summary>
    public static async Task<BackendProcess> StartAsync(string name)
    {
        (RunningProcess process, int port) = await StartAsync(name, 0);
        return new BackendProcess(name, process, port);
    }

    /// <summary>Starts several at once, named a, b, c and so on.</summary>
    public static Task<BackendProcess[]> StartManyAsync(int count) =>
        Task.WhenAll(Enumerable.Range(0, count).Select(i => StartAsync(((char)('a' + i)).ToString())));

    /// <summary>Ends all of them.</summary>
    public static async Task DisposeManyAsync(IEnumerable<BackendProcess> backends)
    {
        foreach (BackendProcess backend in backends)
        {
            await backend.DisposeAsync();
        }
    }

    /// <summary>Ends it with SIGKILL.</summary>
    public Task KillAsync() => _process.KillAsync();

    /// <summary>Starts it again on the same port, with all its counters at zero.</summary>
    public async Task RestartAsync()
    {
        await _process.DisposeAsync();
        (_process, _) = await StartAsync(Name, Port);
    }

    /// <summary>What it has counted.</summary>
    public async Task<BackendCounts> CountAsync()
    {
        Answer answer = await KeepAliveClient.GetOnceAsync(Port, "/test/stats");
        int[] counts = [.. answer.Body.TrimEnd().Split(' ').Select(number => int.Parse(number, CultureInfo.InvariantCulture))];
        return new BackendCounts(counts[0], counts[1], counts[2]);
    }

    /// <summary>Lets it answer every request for <c>/hold</c>, those that wait and those that come.</summary>
    public Task ReleaseAsync() => KeepAliveClient.GetOnceAsync(Port, "/test/release");

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static async Task<(RunningProcess Process, int Port)> StartAsync(string name, int port)
    {
        RunningProcess process = RunningProcess.StartAssembly("tests/GoAround.TestBackend", name, port.ToString(CultureInfo.InvariantCulture));
        try
        {
            string line = await process.WaitForLineAsync("listening on ");
            return (process, int.Parse(line.AsSpan("listening on ".Length), CultureInfo.InvariantCulture));
        }
        catch (Exception)
        {
            await process.DisposeAsync();
            throw;
        }
    }
}
