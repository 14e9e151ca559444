using System.Collections.Generic;
using System.Threading.Tasks;

namespace GoAround.Cli.Tests.EndToEnd;

/// <summary>A program that ran to its end.</summary>
/// <param name="Status">Its exit status.</param>
/// <param name="Output">What it wrote to standard output, without the last newline.</param>
/// <param name="Errors">What it wrote to standard error, without the last newline.</param>
internal sealed record Command(int Status, string Output, string Errors)
{
    /// <summary>Runs a program to its end.</summary>
    public static async Task<Command> RunAsync(string program, IEnumerable<string> arguments, string input = "")
    {
        await using RunningProcess process = RunningProcess.Start(program, arguments, input);
        int status = await process.WaitForExitAsync();
        return new Command(status, string.Join('\n', process.Output), string.Join('\n', process.Errors));
    }

    /// <summary>Runs a program that must succeed, and returns what it wrote to standard output.</summary>
    public static async Task<string> OutputOfAsync(string program, params IEnumerable<string> arguments)
    {
        Command command = await RunAsync(program, arguments);
        Xunit.Assert.True(command.Status == 0, $"{program} {string.Join(' ', arguments)}: status {command.Status}\n{command.Output}\n{command.Errors}");
        return command.Output;
    }

    /// <summary>Runs a line of shell that must succeed, and returns what it wrote to standard output.</summary>
    public static Task<string> ShellAsync(string line) => OutputOfAsync("sh", "-c", line);
}
