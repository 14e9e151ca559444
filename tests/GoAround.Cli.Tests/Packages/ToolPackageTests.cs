using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using GoAround.Cli.Tests.EndToEnd;
using Xunit;

namespace GoAround.Cli.Tests.Packages;

[Collection(nameof(PackedOnce))]
public class ToolPackageTests(PackageFeed feed)
{
    [Fact]
    public async Task Tool_installs_as_the_command_goaround_tells_its_version_and_balances_on_the_executables_engine()
    {
        string folder = feed.FolderOf("tool");
        await feed.DotnetAsync(folder, "tool", "install", "goaround", "--tool-path", "commands", "--version", feed.Version, "--add-source", feed.Folder);
        string command = Path.Combine(folder, "commands", "goaround");
        await using (RunningProcess version = feed.Start(folder, command, "-version"))
        {
            Assert.Equal(0, await version.WaitForExitAsync());
            Assert.Equal([$"goaround {Repository.Version}"], version.Output);
        }

        await using RecordingBackend a = RecordingBackend.Start("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na");
        await using RecordingBackend b = RecordingBackend.Start("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb");
        await using RunningProcess running = feed.Start(
            folder, command, "-p", "0", "-bind", "127.0.0.1", "-prometheus-port", "off", "-first-check-timeout", "60s", "-control-socket", Path.Combine(folder, "c.sock"), "-b", a.Address, "-b", b.Address);
        string line = await running.WaitForLineAsync(" listening on http://127.0.0.1:");
        int port = new Uri(line.Split(" listening on ")[1].Split(';')[0]).Port;
        using KeepAliveClient client = await KeepAliveClient.ConnectAsync(port);
        string[] answers = [(await client.GetAsync("/")).Body, (await client.GetAsync("/")).Body];

        Assert.Equal(["a", "b"], answers.Order(StringComparer.Ordinal));
        if (OperatingSystem.IsLinux())
        {
            Assert.Contains("GoAround poll", Threads(running.Id)); // the setting of decision 7, which an environment variable makes before the first socket
        }

        await running.SignalAsync("TERM");
        Assert.Equal(0, await running.WaitForExitAsync());
    }

    private static IEnumerable<string> Threads(int process) =>
        Directory.GetDirectories(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/task")).Select(static thread => File.ReadAllText(Path.Combine(thread, "comm")).TrimEnd());
}
