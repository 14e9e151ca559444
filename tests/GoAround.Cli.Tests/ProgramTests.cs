using System;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Net.Sockets;
using System.Threading.Tasks;
using GoAround.Cli.Tests.EndToEnd;
using Xunit;

namespace GoAround.Cli.Tests;

public sealed class ProgramTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("goaround-run").FullName;

    private string ControlSocket => Path.Combine(_folder, "c.sock");

    [Fact]
    public async Task Version_and_help_go_to_standard_output()
    {
        Assert.Equal((0, $"goaround {Repository.Version}", ""), await GoAroundProcess.RunAsync("-version"));
        (int status, string output, string errors) = await GoAroundProcess.RunAsync("--help");

        Assert.Equal((0, ""), (status, errors));
        Assert.StartsWith("NAME\n       goaround - ", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("goaround: -p: '99999' is not allowed: a port in 0..65535", "-p", "99999")]
    [InlineData("goaround: -cache-stale: '-1s' is not allowed: a duration in 0..24d, such as 500ms, 10s or 2m", "--cache-stale=-1s")]
    public async Task Bad_flag_is_one_line_and_status_2(string line, params string[] arguments) =>
        Assert.Equal((2, "", line), await GoAroundProcess.RunAsync(arguments));

    [Theory]
    [InlineData("-p")]
    [InlineData("-prometheus-port")]
    public async Task Port_in_use_is_one_line_and_status_1(string flag)
    {
        using TcpListener taken = new(IPAddress.Loopback, 0);
        taken.Start();
        string port = ((IPEndPoint)taken.LocalEndpoint).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        string other = flag == "-p" ? "-prometheus-port" : "-p";
        (int status, string output, string errors) = await GoAroundProcess.RunAsync(
            flag, port, other, "0", "-bind", "127.0.0.1", "-control-socket", ControlSocket);

        Assert.Equal((1, ""), (status, output));
        Assert.Equal($"goaround: {flag}: '{port}' cannot be opened: it is in use already", errors);
        Assert.False(Path.Exists(ControlSocket));
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task Signal_ends_it_in_good_order(string signal)
    {
        await using GoAroundProcess goaround = await GoAroundProcess.StartAsync(ControlSocket);
        Assert.True(Path.Exists(ControlSocket));
        using HttpClient client = new();
        Assert.Equal("ok\n", await client.GetStringAsync(new Uri($"http://127.0.0.1:{goaround.MetricsPort}/healthz")));
        using HttpResponseMessage unavailable = await client.GetAsync(new Uri($"http://127.0.0.1:{goaround.Port}/"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, unavailable.StatusCode);
        Assert.NotNull(unavailable.Headers.RetryAfter);
        await goaround.SignalAsync(signal);

        Assert.Equal(0, await goaround.WaitForExitAsync());
        Assert.False(Path.Exists(ControlSocket));
        Assert.EndsWith("stopped", goaround.Errors[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Demo_prints_three_commands()
    {
        await using GoAroundProcess goaround = await GoAroundProcess.StartAsync(ControlSocket, "-demo", "-log-format=json");
        using HttpClient client = new();
        Assert.StartsWith("Hello from backend ", await client.GetStringAsync(new Uri($"http://127.0.0.1:{goaround.Port}/")), StringComparison.Ordinal);
        await goaround.SignalAsync("TERM");

        Assert.Equal(0, await goaround.WaitForExitAsync());
        Assert.Equal(3, goaround.Output.Count(line => line.StartsWith("  ", StringComparison.Ordinal)));
        Assert.All(goaround.Errors, line => Assert.StartsWith("{\"time\":\"", line, StringComparison.Ordinal));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
