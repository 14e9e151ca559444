using System;
using System.Collections.Generic;
using System.IO;
using System.Threading.Tasks;

namespace GoAround.Cli.Tests.EndToEnd;

/// <summary>The built binary on free ports, with a control socket of its own.</summary>
internal sealed class BalancerProcess : IAsyncDisposable
{
    private readonly string _folder;

    private BalancerProcess(string folder, RunningProcess process)
    {
        _folder = folder;
        Process = process;
    }

    /// <summary>The process.</summary>
    public RunningProcess Process { get; }

    /// <summary>The port traffic goes to.</summary>
    public int Port { get; private set; }

    /// <summary>The port of the metrics.</summary>
    public int MetricsPort { get; private set; }

    /// <summary>The path of the control socket.</summary>
    public string ControlSocket => Path.Combine(_folder, "c.sock");

    /// <summary>Starts it, and waits until it listens.</summary>
    public static async Task<BalancerProcess> StartAsync(params IEnumerable<string> arguments)
    {
        string binary = Repository.Binary;
        string folder = Directory.CreateTempSubdirectory("goaround-e2e").FullName;
        RunningProcess process = RunningProcess.Start(
            binary, ["-p", "0", "-prometheus-port", "0", "-control-socket", Path.Combine(folder, "c.sock"), .. arguments]);
        BalancerProcess balancer = new(folder, process);
        try
        {
            string line = await process.WaitForLineAsync(" listening on ");
            balancer.Port = PortBehind(line, " listening on ");
            balancer.MetricsPort = PortBehind(line, " metrics: ");
            return balancer;
        }
        catch (Exception)
        {
            await balancer.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it in front of these backends, which it asks for their health five times a second; it listens once each has answered.</summary>
    public static Task<BalancerProcess> StartAsync(IEnumerable<BackendProcess> backends, params IEnumerable<string> arguments)
    {
        List<string> all = ["-health-interval", "200ms", "-first-check-timeout", "60s", .. arguments];
        foreach (BackendProcess backend in backends)
        {
            all.AddRange(["-b", backend.Address]);
        }

        return StartAsync(all);
    }

    /// <summary>Gives the control socket a line by <c>nc -N -U</c>, and returns the answer.</summary>
    public async Task<string> ControlAsync(string line) => (await Command.RunAsync("nc", ["-N", "-U", ControlSocket], line + "\n")).Output;

    /// <summary>The value of one series of the metrics, or null where there is no such series.</summary>
    public async Task<double?> MetricAsync(string series)
    {
        string text = await Command.OutputOfAsync("curl", "-sS", $"http://127.0.0.1:{MetricsPort}/metrics");
        foreach (string line in text.Split('\n'))
        {
            if (line.StartsWith(series + " ", StringComparison.Ordinal))
            {
                return double.Parse(line.AsSpan(series.Length + 1), System.Globalization.CultureInfo.InvariantCulture);
            }
        }

        return null;
    }

    /// <summary>Waits until a series of the metrics has this value: what is counted of a request once it has ended, a client may not wait for.</summary>
    public async Task MetricBecomesAsync(double expected, string series)
    {
        double? value = null;
        await Eventually.HoldsAsync(() => $"{series} is {value}, not {expected}", async () => (value = await MetricAsync(series)) == expected);
    }

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    // ... listening on http://[::]:3000; backends: ...; metrics: http://[::]:8080/metrics; control socket: ...
    private static int PortBehind(string line, string mark)
    {
        int at = line.IndexOf(mark, StringComparison.Ordinal) + mark.Length;
        return new Uri(line[at..].Split([';', ' '])[0]).Port;
    }
}
