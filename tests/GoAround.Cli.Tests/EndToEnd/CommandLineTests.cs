using System;
using System.Globalization;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;
using Xunit;

namespace GoAround.Cli.Tests.EndToEnd;

/// <summary>The binary is trimmed and compiled ahead: what its flag parser needs by reflection could be missing there alone.</summary>
[Collection(nameof(OneByOne))]
public class CommandLineTests
{
    [Theory]
    [InlineData("-p", "99999")]
    [InlineData("-p", "0x10")]
    [InlineData("-p")]
    [InlineData("-n", "0")]
    [InlineData("-n=-1")]
    [InlineData("-b", "127.0.0.1:80")]
    [InlineData("-b", "ftp://127.0.0.1")]
    [InlineData("-bind", "localhost")]
    [InlineData("-cacert", "/nowhere/at.all", "-privkey", "/nowhere/at.all")]
    [InlineData("-cacert", "LICENSE")]
    [InlineData("-privkey", "LICENSE")]
    [InlineData("-cache=on")]
    [InlineData("-cache-size", "1k")]
    [InlineData("-prometheus-port", "none")]
    [InlineData("-control-socket", "")]
    [InlineData("-health-path", "health")]
    [InlineData("-health-interval", "soon")]
    [InlineData("--queue-timeout=-1s")]
    [InlineData("-max-queue", "many")]
    [InlineData("-dial-timeout", "0")]
    [InlineData("-log-level", "loud")]
    [InlineData("-log-format", "xml")]
    [InlineData("-nonsense", "1")]
    [InlineData("-p", "1", "-p", "2")]
    [InlineData("http://127.0.0.1:80")]
    public async Task Bad_flag_is_exactly_one_line_that_names_it_and_status_2(params string[] arguments)
    {
        Command refused = await Command.RunAsync(Repository.Binary, arguments);

        Assert.Equal((2, ""), (refused.Status, refused.Output));
        string line = Assert.Single(refused.Errors.Split('\n'));
        Assert.StartsWith("goaround: ", line, StringComparison.Ordinal);
        Assert.Contains(arguments[0].TrimStart('-').Split('=')[0], line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-p", "-prometheus-port")]
    [InlineData("-prometheus-port", "-p")]
    public async Task Port_in_use_is_one_line_and_status_1_and_leaves_no_control_socket_behind(string flag, string other)
    {
        using TcpListener taken = new(IPAddress.Loopback, 0);
        taken.Start();
        string port = ((IPEndPoint)taken.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
        string controlSocket = Path.Combine(Path.GetTempPath(), $"goaround-taken-{port}.sock");
        Command refused = await Command.RunAsync(
            Repository.Binary, [flag, port, other, "0", "-bind", "127.0.0.1", "-control-socket", controlSocket]);

        Assert.Equal((1, ""), (refused.Status, refused.Output));
        Assert.Equal($"goaround: {flag}: '{port}' cannot be opened: it is in use already", Assert.Single(OwnLines(refused.Errors)));
        Assert.False(Path.Exists(controlSocket));
    }

    [Theory]
    [InlineData("-h")]
    [InlineData("--help")]
    public async Task Help_names_every_flag_of_the_readme_and_ends_with_status_0(string flag)
    {
        Command help = await Command.RunAsync(Repository.Binary, [flag]);

        Assert.Equal((0, ""), (help.Status, help.Errors));
        foreach (string line in await File.ReadAllLinesAsync(Path.Combine(Repository.Root, "README.md")))
        {
            if (line.StartsWith("| `-", StringComparison.Ordinal))
            {
                string name = line.Split('`')[1];
                Assert.Contains($"{name}", help.Output, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("-version")]
    [InlineData("--version")]
    public async Task Version_is_one_line_and_status_0(string flag)
    {
        Command version = await Command.RunAsync(Repository.Binary, [flag]);

        Assert.Equal((0, ""), (version.Status, version.Errors));
        Assert.Matches(@"^goaround \d+\.\d+\.\d+[^\n]*$", version.Output);
    }

    [Theory]
    [InlineData("-b", "URL")]
    [InlineData("--b", "URL")]
    [InlineData("-b=URL")]
    [InlineData("--b=URL")]
    public async Task Flag_is_taken_in_each_of_its_spellings(params string[] arguments)
    {
        await using BackendProcess backend = await BackendProcess.StartAsync("a");
        await using BalancerProcess balancer = await BalancerProcess.StartAsync(
            Array.ConvertAll(arguments, argument => argument.Replace("URL", backend.Address, StringComparison.Ordinal)));

        Assert.Equal("a", (await KeepAliveClient.GetOnceAsync(balancer.Port, "/")).Backend);
    }

    // What came before the error is a log, as of a backend that is not healthy.
    private static string[] OwnLines(string errors) =>
        Array.FindAll(errors.Split('\n'), line => line.StartsWith("goaround: ", StringComparison.Ordinal));
}
