using System;
using System.Linq;
using System.Threading.Tasks;
using Xunit;

namespace GoAround.Cli.Tests.EndToEnd;

[Collection(nameof(OneByOne))]
public class DemoTests
{
    [Fact]
    public async Task Each_of_the_three_commands_that_the_demo_prints_does_what_it_says()
    {
        await using BalancerProcess demo = await BalancerProcess.StartAsync("-demo");
        await demo.Process.WaitForLineAsync("nc ");
        string[] commands = [.. demo.Process.Output.Where(line => line.StartsWith("  ", StringComparison.Ordinal)).Select(line => line.Trim())];

        Assert.Equal(3, commands.Length);
        Assert.StartsWith("Hello from backend ", await Command.ShellAsync(commands[0]), StringComparison.Ordinal);
        await Eventually.HoldsAsync("it is counted", async () => (await Command.ShellAsync(commands[1])).Contains("goaround_requests_total{code=\"2xx\"} 1\n", StringComparison.Ordinal));
        Assert.Equal("ok 1 backend, 0 added, 1 removed", await Command.ShellAsync(commands[2]));
        await demo.Process.SignalAsync("INT");
        Assert.Equal(0, await demo.Process.WaitForExitAsync());
        Assert.DoesNotContain(demo.Process.Errors, line => line.Contains(" WARN ", StringComparison.Ordinal));
    }
}
