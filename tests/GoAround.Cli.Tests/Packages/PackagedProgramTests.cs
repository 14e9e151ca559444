using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Threading.Tasks;
using GoAround.Cli.Tests.EndToEnd;
using Xunit;

namespace GoAround.Cli.Tests.Packages;

/// <summary>The programs of <c>Packages/Ways</c>, outside the repository, against the packages: each way in that the library offers, in under 15 lines.</summary>
[Collection(nameof(PackedOnce))]
public class PackagedProgramTests(PackageFeed feed)
{
    private const int FewLines = 15;

    /// <summary>Those that listen: on the port of <c>--GoAround:Server:Port</c> and <c>--urls</c>, over the backends of <c>--GoAround:Backends:0</c> and 1.</summary>
    public static TheoryData<string> Listening => ["Listener"];

    [Theory]
    [MemberData(nameof(Listening))]
    public async Task Way_in_that_listens_is_built_from_the_packages_without_a_warning_and_balances(string way)
    {
        string folder = feed.FolderOf(way);
        await BalancesAsync(folder, "dotnet", await BuildAsync(way, folder));
    }

    [Fact]
    public async Task Way_in_that_calls_is_built_from_the_packages_without_a_warning_and_balances()
    {
        await using RecordingBackend a = RecordingBackend.Start(AnswerOf("a"));
        await using RecordingBackend b = RecordingBackend.Start(AnswerOf("b"));
        string folder = feed.FolderOf("Client");
        await using RunningProcess running = feed.Start(
            folder, "dotnet", await BuildAsync("Client", folder), $"--GoAround:Backends:0={a.Address}", $"--GoAround:Backends:1={b.Address}");

        Assert.Equal(0, await running.WaitForExitAsync());
        Assert.Single(running.Output, static line => line is "ab" or "ba");
    }

    [Fact]
    public async Task Program_with_the_library_is_trimmed_without_a_warning_and_balances()
    {
        string folder = feed.FolderOf("Trimmed");
        PackageFeed.Copy("Listener", folder);

        // The trimmer in the version that this repository pins, which is the one that the machine has.
        File.Copy(Path.Combine(Repository.Root, "Directory.Build.targets"), Path.Combine(folder, "Directory.Build.targets"));
        await feed.MakeAsync(folder, "publish", "-r", RuntimeInformation.RuntimeIdentifier, "--self-contained", "-p:PublishTrimmed=true", "-o", "out");

        await BalancesAsync(folder, Path.Combine(folder, "out", "Listener"));
    }

    [Fact]
    public void Each_way_in_is_a_few_lines()
    {
        string[] folders = Directory.GetDirectories(PackageFeed.PathOf("."));

        Assert.NotEmpty(folders);
        Assert.All(folders, folder => Assert.InRange(File.ReadLines(Path.Combine(folder, "Program.cs")).Count(static line => line.Trim().Length > 0), 1, FewLines - 1));
    }

    private static string AnswerOf(string name) => $"HTTP/1.1 200 OK\r\nContent-Length: {name.Length}\r\n\r\n{name}";

    // The path of its assembly.
    private async Task<string> BuildAsync(string way, string folder)
    {
        PackageFeed.Copy(way, folder);
        await feed.MakeAsync(folder, "build");
        Assert.True(Directory.Exists(Path.Combine(feed.Unpacked, "goaround.core", feed.Version)), "it was built with another GoAround.Core");
        return Path.Combine(folder, "bin", "Release", "net10.0", way + ".dll");
    }

    private async Task BalancesAsync(string folder, string program, params string[] arguments)
    {
        await using RecordingBackend a = RecordingBackend.Start(AnswerOf("a"));
        await using RecordingBackend b = RecordingBackend.Start(AnswerOf("b"));
        int port = SampleTests.FreePort();
        string url = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
        await using RunningProcess running = feed.Start(
            folder,
            program,
            [.. arguments, $"--GoAround:Server:Port={port}", $"--urls={url}", $"--GoAround:Backends:0={a.Address}", $"--GoAround:Backends:1={b.Address}"]);
        await running.WaitForLineAsync("Application started");
        using KeepAliveClient client = await KeepAliveClient.ConnectAsync(port);
        string[] answers = [(await client.GetAsync("/")).Body, (await client.GetAsync("/")).Body];

        Assert.Equal(["a", "b"], answers.Order(StringComparer.Ordinal));
        await running.SignalAsync("TERM");
        Assert.Equal(0, await running.WaitForExitAsync());
    }
}
