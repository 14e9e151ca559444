using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;

namespace GoAround.Cli.Tests;

/// <summary>
/// The program as a process of its own: the binary that GOAROUND_BINARY names, else what the build put beside the tests.
/// Captures what it writes, sends it signals, and at the end kills it, and only it.
/// </summary>
internal sealed class GoAroundProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly List<string> _errors = [];
    private readonly List<string> _output = [];
    private readonly Channel<bool> _news = Channel.CreateUnbounded<bool>();
    private readonly TaskCompletionSource _outputEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _errorsEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private GoAroundProcess(IReadOnlyList<string> arguments)
    {
        string? binary = Environment.GetEnvironmentVariable("GOAROUND_BINARY");
        string assembly = Path.Combine(AppContext.BaseDirectory, "goaround.dll");
        ProcessStartInfo start = string.IsNullOrEmpty(binary)
            ? new(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet", [assembly, .. arguments])
            : new(binary, arguments);
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, e) => Take(_output, _outputEnded, e.Data);
        _process.ErrorDataReceived += (_, e) => Take(_errors, _errorsEnded, e.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>The process's id.</summary>
    public int Id => _process.Id;

    /// <summary>The lines on standard error so far: the log.</summary>
    public IReadOnlyList<string> Errors => Copy(_errors);

    /// <summary>The lines on standard output so far.</summary>
    public IReadOnlyList<string> Output => Copy(_output);

    /// <summary>The port traffic goes to, once <see cref="StartAsync"/> has returned.</summary>
    public int Port { get; private set; }

    /// <summary>The port of the metrics, or 0 where there are none.</summary>
    public int MetricsPort { get; private set; }

    /// <summary>Starts the program on free ports, with a control socket of its own, and waits until it listens.</summary>
    public static async Task<GoAroundProcess> StartAsync(string controlSocket, params string[] arguments)
    {
        GoAroundProcess process = new(["-p", "0", "-prometheus-port", "0", "-control-socket", controlSocket, .. arguments]);
        string line = await process.WaitForLogAsync(" listening on ");
        process.Port = PortBehind(line, " listening on ");
        process.MetricsPort = PortBehind(line, " metrics: ");
        return process;
    }

    /// <summary>Runs the program to its end.</summary>
    /// <returns>The exit status, standard output and standard error.</returns>
    public static async Task<(int Status, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        await using GoAroundProcess process = new(arguments);
        int status = await process.WaitForExitAsync();
        return (status, string.Join('\n', process.Output), string.Join('\n', process.Errors));
    }

    /// <summary>Waits for a log line that holds this text, and returns it.</summary>
    public async Task<string> WaitForLogAsync(string text)
    {
        using CancellationTokenSource patience = new(Patience);
        while (true)
        {
            if (Errors.FirstOrDefault(line => line.Contains(text, StringComparison.Ordinal)) is { } found)
            {
                return found;
            }

            if (_errorsEnded.Task.IsCompleted)
            {
                throw new InvalidOperationException($"goaround ended without '{text}': {string.Join('\n', Errors)}");
            }

            await _news.Reader.ReadAsync(patience.Token);
        }
    }

    /// <summary>Sends a signal, as in <c>TERM</c>.</summary>
    public async Task SignalAsync(string name)
    {
        using Process kill = Process.Start("kill", ["-s", name, Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Waits for the end, and for all that was written before it.</summary>
    public async Task<int> WaitForExitAsync()
    {
        using CancellationTokenSource patience = new(Patience);
        await _process.WaitForExitAsync(patience.Token);
        await Task.WhenAll(_outputEnded.Task, _errorsEnded.Task).WaitAsync(patience.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync().WaitAsync(Patience); // also for the end of what it wrote, which a child of it could keep open
        }

        _process.Dispose();
    }

    private static int PortBehind(string line, string mark)
    {
        int at = line.IndexOf(mark, StringComparison.Ordinal) + mark.Length;
        string url = line[at..].Split([';', ' '])[0];
        return Uri.TryCreate(url, UriKind.Absolute, out Uri? uri) ? uri.Port : 0;
    }

    private static List<string> Copy(List<string> lines)
    {
        lock (lines)
        {
            return [.. lines];
        }
    }

    private void Take(List<string> lines, TaskCompletionSource ended, string? line)
    {
        if (line is null)
        {
            ended.TrySetResult();
        }
        else
        {
            lock (lines)
            {
                lines.Add(line);
            }
        }

        _news.Writer.TryWrite(true);
    }
}
