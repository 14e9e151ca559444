using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Cli.Tests.EndToEnd;

/// <summary>A process of a test's own: what it writes is kept, line by line, and at the end it is killed, and only it.</summary>
internal sealed class RunningProcess : IAsyncDisposable
{
    private static readonly TimeSpan UsualPatience = TimeSpan.FromMinutes(2);

    private readonly TimeSpan _patience;
    private readonly Process _process;
    private readonly Lock _gate = new();
    private readonly List<string> _output = [];
    private readonly List<string> _errors = [];
    private readonly Task _reading;
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private RunningProcess(Process process, TimeSpan patience)
    {
        _process = process;
        _patience = patience;
        _reading = Task.WhenAll(ReadAsync(process.StandardOutput, _output), ReadAsync(process.StandardError, _errors));
    }

    /// <summary>The process's id.</summary>
    public int Id => _process.Id;

    /// <summary>The lines on standard output so far.</summary>
    public IReadOnlyList<string> Output => Copy(_output);

    /// <summary>The lines on standard error so far.</summary>
    public IReadOnlyList<string> Errors => Copy(_errors);

    /// <summary>Starts a program; its standard input holds this text, and then ends.</summary>
    public static RunningProcess Start(string program, IEnumerable<string> arguments, string input = "") =>
        Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = Repository.Root }, input, UsualPatience);

    /// <summary>Starts a program in a folder and an environment of its own, which may take longer than usual.</summary>
    public static RunningProcess Start(ProcessStartInfo start, string input, TimeSpan patience)
    {
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;

        // A make that runs the tests would tell a make that a test runs to behave as its child.
        foreach (string name in new[] { "MAKEFLAGS", "MAKELEVEL", "MFLAGS" })
        {
            start.Environment.Remove(name);
        }

        Process process = Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} did not start");
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        return new RunningProcess(process, patience);
    }

    /// <summary>Starts an assembly of this repository with the same <c>dotnet</c> that runs the tests.</summary>
    public static RunningProcess StartAssembly(string project, params IEnumerable<string> arguments) =>
        Start(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", ["exec", Repository.AssemblyOf(project), .. arguments]);

    /// <summary>Waits for a line that holds this text, on either output, and returns it.</summary>
    public async Task<string> WaitForLineAsync(string text)
    {
        using CancellationTokenSource patience = new(_patience);
        while (true)
        {
            Task news;
            lock (_gate)
            {
                if (_errors.Concat(_output).FirstOrDefault(line => line.Contains(text, StringComparison.Ordinal)) is { } found)
                {
                    return found;
                }

                if (_reading.IsCompleted)
                {
                    throw new InvalidOperationException($"it ended without '{text}': {string.Join('\n', _errors.Concat(_output))}");
                }

                news = _news.Task;
            }

            await Task.WhenAny(news, _reading).WaitAsync(patience.Token);
        }
    }

    /// <summary>Sends a signal, as in <c>TERM</c>.</summary>
    public async Task SignalAsync(string name)
    {
        using Process kill = Process.Start("sh", ["-c", string.Create(CultureInfo.InvariantCulture, $"kill -s {name} {Id}")]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Ends it with SIGKILL.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Waits for its end, and for all that it wrote before, and returns its exit status.</summary>
    public async Task<int> WaitForExitAsync()
    {
        using CancellationTokenSource patience = new(_patience);
        await _process.WaitForExitAsync(patience.Token);
        await _reading.WaitAsync(patience.Token);
        return _process.ExitCode;
    }

    /// <summary>Kibibytes of a line of <c>/proc/PID/status</c>: <c>VmRSS</c> is its memory now, <c>VmHWM</c> the most it ever was.</summary>
    public long MemoryKibibytes(string name)
    {
        string line = File.ReadLines($"/proc/{Id}/status").First(line => line.StartsWith(name + ":", StringComparison.Ordinal));
        return long.Parse(line.AsSpan(name.Length + 1).Trim(" \tkB"), CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }

    private async Task ReadAsync(StreamReader reader, List<string> lines)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            TaskCompletionSource news;
            lock (_gate)
            {
                lines.Add(line);
                news = _news;
                _news = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            news.TrySetResult();
        }
    }

    private List<string> Copy(List<string> lines)
    {
        lock (_gate)
        {
            return [.. lines];
        }
    }
}
