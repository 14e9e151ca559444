using System;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Xunit;

namespace GoAround.Cli.Tests.EndToEnd;

[Collection(nameof(OneByOne))]
public class SampleTests
{
    [Fact]
    public async Task Embedded_balancer_serves_the_backends_of_its_configuration_and_ends_on_a_signal()
    {
        BackendProcess[] backends = await BackendProcess.StartManyAsync(2);
        try
        {
            await using RunningProcess sample = RunningProcess.StartAssembly(
                "samples/Embedded", "--GoAround:Server:Port=0", "--GoAround:FirstCheckTimeout=60s", $"--GoAround:Backends:0={backends[0].Address}", $"--GoAround:Backends:1={backends[1].Address}");
            int port = await PortOfAsync(sample);
            await Load.RunAsync(port, clients: 8, requestsEach: 10);

            Assert.Equal(40, (await backends[0].CountAsync()).Requests);
            Assert.Equal(40, (await backends[1].CountAsync()).Requests);
            await EndAsync(sample);
        }
        finally
        {
            await BackendProcess.DisposeManyAsync(backends);
        }
    }

    [Fact]
    public async Task Embedded_balancer_follows_its_file_while_requests_flow_and_keeps_what_it_has_where_the_file_is_wrong()
    {
        string folder = Directory.CreateTempSubdirectory("goaround-settings").FullName;
        string file = Path.Combine(folder, "appsettings.json");
        BackendProcess[] backends = await BackendProcess.StartManyAsync(2);
        try
        {
            await File.WriteAllTextAsync(file, SettingsOf(backends[0]));
            await using RunningProcess sample = RunningProcess.StartAssembly("samples/Embedded", $"--contentRoot={folder}");
            int port = await PortOfAsync(sample);
            await using Load load = Load.Start(port, clients: 4);
            await load.AnswerMoreAsync(10);
            await ReplaceAsync(file, SettingsOf(backends[1]));
            await sample.WaitForLineAsync("Backends replaced: 1 now, 1 added, 1 removed");
            await load.AnswerMoreAsync(10);
            await load.StopAsync();

            Assert.True((await backends[1].CountAsync()).Requests > 0);
            await ReplaceAsync(file, SettingsOf(backends[0]).Replace("GoAround\": {", "GoAround\": { \"Pool\": { \"MaxQueue\": \"long\" },", StringComparison.Ordinal));
            await sample.WaitForLineAsync("is refused, and the one before stays in force: 'GoAround:Pool:MaxQueue' is 'long': it must be a whole number");
            int before = (await backends[1].CountAsync()).Requests;
            await Load.RunAsync(port, clients: 1, requestsEach: 10);

            Assert.Equal(before + 10, (await backends[1].CountAsync()).Requests);
            await EndAsync(sample);
        }
        finally
        {
            await BackendProcess.DisposeManyAsync(backends);
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Aspnet_core_application_is_balanced_over_its_own_two_ports()
    {
        await using RunningProcess sample = RunningProcess.StartAssembly("samples/AspNetCoreSideBySide", "--GoAround:Server:Port=0", "--GoAround:Server:MaxBodyBytes=1000000");
        string[] words = (await sample.WaitForLineAsync("balancing over ")).Split(' ');
        string[] ports = [words[2].Split(':')[2], words[4].Split(':')[2]];
        string line = await sample.WaitForLineAsync("Listening on http://"); // the balancer's own, among those of Kestrel
        string url = $"http://127.0.0.1:{new Uri(line[line.IndexOf("http://", StringComparison.Ordinal)..].Split(',')[0]).Port}/";
        string[] answers = [await Command.OutputOfAsync("curl", "-sSf", url), await Command.OutputOfAsync("curl", "-sSf", url)];
        Array.Sort(answers, StringComparer.Ordinal);
        Array.Sort(ports, StringComparer.Ordinal);

        Assert.Equal([$"port {ports[0]}, for 127.0.0.1", $"port {ports[1]}, for 127.0.0.1"], answers);
        Assert.Equal("there and back", await Command.OutputOfAsync("curl", "-sSf", "-H", "Transfer-Encoding: chunked", "-d", "there and back", url + "echo"));
        await EndAsync(sample);
    }

    [Fact]
    public async Task Custom_steps_ask_for_a_key_rewrite_fields_and_send_a_share_of_the_callers_elsewhere()
    {
        await using BackendProcess a = await BackendProcess.StartAsync("a");
        await using BackendProcess b = await BackendProcess.StartAsync("b");
        await using RunningProcess sample = RunningProcess.StartAssembly(
            "samples/CustomSteps",
            "--GoAround:Server:Port=0",
            $"--GoAround:Backends:0={a.Address}",
            $"--Split:Backends:0={b.Address}",
            "--Split:Percent=75",
            "--Keys:alice=secret",
            "--Keys:bob=sesame");
        int port = await PortOfAsync(sample);
        string url = $"http://127.0.0.1:{port}/?field=Server:unsafe/1.0";
        string refused = await Command.OutputOfAsync("curl", "-sS", "-i", "-H", "X-Api-Key: guessed", url);
        string alice = await Command.OutputOfAsync("curl", "-sS", "-i", "-H", "X-Api-Key: secret", "-H", "X-Caller: mallory", url);
        string bob = await Command.OutputOfAsync("curl", "-sS", "-i", "-H", "X-Api-Key: sesame", url);

        Assert.StartsWith("HTTP/1.1 401 ", refused, StringComparison.Ordinal);
        Assert.Contains("\nWWW-Authenticate: ApiKey\n", refused, StringComparison.Ordinal);
        Assert.All([alice, bob], answer => Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal));
        Assert.All([refused, alice, bob], answer => Assert.Contains("\nX-Request-Id: ", answer, StringComparison.Ordinal));
        Assert.All([alice, bob], answer => Assert.DoesNotContain("unsafe", answer[..answer.IndexOf("\n\n", StringComparison.Ordinal)], StringComparison.Ordinal));
        Assert.Contains("\nX-Served-For: alice\n", alice, StringComparison.Ordinal);
        Assert.EndsWith(" for alice", alice, StringComparison.Ordinal);
        Assert.EndsWith(" for bob", bob, StringComparison.Ordinal);
        Assert.Equal((1, 1), ((await a.CountAsync()).Requests, (await b.CountAsync()).Requests)); // bob is below 75 by his name, alice above
        await sample.WaitForLineAsync("it accepts connections");
        await EndAsync(sample);
    }

    [Fact]
    public async Task Gateway_answers_itself_and_forwards_a_route()
    {
        BackendProcess[] backends = await BackendProcess.StartManyAsync(2);
        try
        {
            await using RunningProcess sample = RunningProcess.StartAssembly(
                "samples/AspNetCoreGateway", "--urls=http://127.0.0.1:0", $"--GoAround:Backends:0={backends[0].Address}", $"--GoAround:Backends:1={backends[1].Address}");
            int port = await PortOfAsync(sample);
            string url = $"http://127.0.0.1:{port}/";

            Assert.Equal("the application itself", await Command.OutputOfAsync("curl", "-sSf", url));
            Assert.EndsWith(" GET /orders?open for nobody", await Command.OutputOfAsync("curl", "-sSf", url + "api/orders?open"), StringComparison.Ordinal);
            Assert.Equal("there and back", await Command.OutputOfAsync("curl", "-sSf", "-H", "Transfer-Encoding: chunked", "-d", "there and back", url + "api/echo"));
            Assert.Equal(2, (await backends[0].CountAsync()).Requests + (await backends[1].CountAsync()).Requests);
            await EndAsync(sample);
        }
        finally
        {
            await BackendProcess.DisposeManyAsync(backends);
        }
    }

    [Fact]
    public async Task Http_client_balances_its_calls_over_the_backends()
    {
        BackendProcess[] backends = await BackendProcess.StartManyAsync(2);
        try
        {
            await using RunningProcess sample = RunningProcess.StartAssembly(
                "samples/HttpClientBalancing",
                $"--Orders:Backends:0={backends[0].Address}",
                $"--Orders:Backends:1={backends[1].Address}",
                "--Orders:FirstCheckTimeout=30s");
            Assert.Equal(0, await sample.WaitForExitAsync());

            Assert.Equal(2, sample.Output.Count(line => line.StartsWith("with the services: 10 times ", StringComparison.Ordinal)));
            Assert.Contains(sample.Output, line => line.StartsWith("with a constructor: ", StringComparison.Ordinal) && line.EndsWith(" GET / for nobody", StringComparison.Ordinal));
            Assert.Equal(21, (await backends[0].CountAsync()).Requests + (await backends[1].CountAsync()).Requests);
        }
        finally
        {
            await BackendProcess.DisposeManyAsync(backends);
        }
    }

    [Fact]
    public async Task Unix_sockets_are_backends_like_any_other()
    {
        await using RunningProcess sample = RunningProcess.StartAssembly("samples/UnixSocketBackends", "--GoAround:Server:Port=0", "--GoAround:FirstCheckTimeout=60s");
        int port = await PortOfAsync(sample);
        string url = $"http://127.0.0.1:{port}/";
        string[] answers = [await Command.OutputOfAsync("curl", "-sSf", url), await Command.OutputOfAsync("curl", "-sSf", url)];

        Assert.Equal(["a for 127.0.0.1", "b for 127.0.0.1"], answers.Order(StringComparer.Ordinal));
        await EndAsync(sample);
    }

    [Fact]
    public async Task Disk_cache_answers_after_a_restart_from_what_it_stored_before()
    {
        string folder = Directory.CreateTempSubdirectory("goaround-disk").FullName;
        await using BackendProcess backend = await BackendProcess.StartAsync("a");
        string[] answers = new string[3];
        for (int i = 0; i < answers.Length; i++)
        {
            await using RunningProcess sample = RunningProcess.StartAssembly(
                "samples/DiskCache", "--GoAround:Server:Port=0", $"--GoAround:Backends:0={backend.Address}", $"--Folder={folder}");
            int port = await PortOfAsync(sample);

            // Varied by language, so that the marker has to come back from the disk as well. Host is what the key is made of: the port is another each time.
            answers[i] = await Command.OutputOfAsync(
                "curl", "-sSf", "-i", "-H", "Host: disk.example", "-H", "Accept-Language: de", $"http://127.0.0.1:{port}/page?field=Vary:Accept-Language");
            await EndAsync(sample);
        }

        Assert.Equal(1, (await backend.CountAsync()).Requests);
        Assert.DoesNotContain("goaround; hit", answers[0], StringComparison.Ordinal);
        Assert.All(answers[1..], answer => Assert.Contains("\nCache-Status: goaround; hit", answer, StringComparison.Ordinal));
        Assert.All(answers, answer => Assert.EndsWith("\na GET /page?field=Vary:Accept-Language for nobody", answer, StringComparison.Ordinal));
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Where a program listens that was told to take any port, once its log has said so: as the balancer's does, or as Kestrel's, which is <c>Now listening on: http://...</c>.</summary>
    internal static async Task<int> PortOfAsync(RunningProcess program)
    {
        string line = await program.WaitForLineAsync("istening on");
        await program.WaitForLineAsync("Application started");
        return new Uri(line[line.IndexOf("http://", StringComparison.Ordinal)..].Split(',')[0]).Port;
    }

    private static string SettingsOf(BackendProcess backend) =>
        $$"""{ "GoAround": { "Server": { "Port": 0 }, "Backends": ["{{backend.Address}}"] } }""";

    // In one step: a file that is half written is read as one that is wrong.
    private static async Task ReplaceAsync(string file, string text)
    {
        await File.WriteAllTextAsync(file + ".new", text);
        File.Move(file + ".new", file, overwrite: true);
    }

    private static async Task EndAsync(RunningProcess sample)
    {
        await sample.SignalAsync("TERM");
        Assert.Equal(0, await sample.WaitForExitAsync());
    }
}
