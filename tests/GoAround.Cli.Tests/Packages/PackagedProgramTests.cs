using System;
using System.Linq;
using System.Threading.Tasks;
using GoAround.Cli.Tests.EndToEnd;
using Xunit;

namespace GoAround.Cli.Tests.Packages;

/// <summary>The programs of <c>Packages/Ways</c>, outside the repository, against the packages: each way in that the library offers, in under 15 lines.</summary>
[Collection(nameof(PackedOnce))]
public class PackagedProgramTests(PackageFeed feed)
{
    private const int FewLines = 15;
    private const string FirstCheck = "--GoAround:FirstCheckTimeout=60s"; // both backends are there from the first request on, however busy the machine

    /// <summary>Those that listen: on the port of <c>--GoAround:Server:Port</c> and <c>--urls</c>, over the backends of <c>--GoAround:Backends:0</c> and 1.</summary>
    public static TheoryData<string> Listening => ["Listener", "Gateway"];

    [Theory]
    [MemberData(nameof(Listening))]
    public async Task Way_in_that_listens_is_built_from_the_packages_without_a_warning_and_balances(string way)
    {
        await BalancesAsync("dotnet", await feed.Programs.BuiltAsync(way));
    }

    [Fact]
    public async Task Way_in_that_calls_is_built_from_the_packages_without_a_warning_and_balances()
    {
        await using RecordingBackend a = RecordingBackend.Start(AnswerOf("a"));
        await using RecordingBackend b = RecordingBackend.Start(AnswerOf("b"));
        string program = await feed.Programs.BuiltAsync("Client");
        await using RunningProcess running = feed.Start(
            feed.FolderOf("run"), "dotnet", program, FirstCheck, $"--GoAround:Backends:0={a.Address}", $"--GoAround:Backends:1={b.Address}");

        Assert.Equal(0, await running.WaitForExitAsync());
        Assert.Single(running.Output, static line => line is "ab" or "ba");
    }

    [Fact]
    public async Task Test_kit_runs_from_its_package_and_needs_nothing_else()
    {
        await using RunningProcess running = feed.Start(feed.FolderOf("run"), "dotnet", await feed.Programs.BuiltAsync("Kit"));

        Assert.Equal(0, await running.WaitForExitAsync());
        Assert.Equal("1001 sent, 0 pending: 1001 x 200", Assert.Single(running.Output));
    }

    [Fact]
    public async Task Program_with_the_library_is_trimmed_without_a_warning_and_balances()
    {
        await BalancesAsync(await feed.Programs.TrimmedAsync());
    }

    [Fact]
    public void Each_way_in_is_a_few_lines()
    {
        Assert.NotEmpty(PackagedPrograms.Ways());
        Assert.All(PackagedPrograms.Ways(), way => Assert.InRange(PackagedPrograms.SourceOf(way).Split('\n').Count(static line => line.Trim().Length > 0), 1, FewLines - 1));
    }

    private static string AnswerOf(string name) => $"HTTP/1.1 200 OK\r\nContent-Length: {name.Length}\r\n\r\n{name}";

    private async Task BalancesAsync(string program, params string[] arguments)
    {
        await using RecordingBackend a = RecordingBackend.Start(AnswerOf("a"));
        await using RecordingBackend b = RecordingBackend.Start(AnswerOf("b"));
        await using RunningProcess running = feed.Start(
            feed.FolderOf("run"),
            program,
            [.. arguments, "--GoAround:Server:Port=0", "--urls=http://127.0.0.1:0", FirstCheck, $"--GoAround:Backends:0={a.Address}", $"--GoAround:Backends:1={b.Address}"]);
        int port = await SampleTests.PortOfAsync(running);
        using KeepAliveClient client = await KeepAliveClient.ConnectAsync(port);
        string[] answers = [(await client.GetAsync("/")).Body, (await client.GetAsync("/")).Body];

        Assert.Equal(["a", "b"], answers.Order(StringComparer.Ordinal));
        await running.SignalAsync("TERM");
        Assert.Equal(0, await running.WaitForExitAsync());
    }
}
