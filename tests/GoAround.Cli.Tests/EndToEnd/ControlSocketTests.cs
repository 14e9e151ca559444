using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Xunit;

namespace GoAround.Cli.Tests.EndToEnd;

[Collection(nameof(OneByOne))]
public class ControlSocketTests
{
    private const int Replacements = 200;

    // Each step brings one backend and takes another away, so that one stays, too.
    private static readonly string[] Sets = ["ab", "bc", "cd", "da"];

    [Fact]
    public async Task Backends_are_replaced_200_times_under_load_and_no_request_fails_or_goes_to_a_removed_one()
    {
        BackendProcess[] backends = await BackendProcess.StartManyAsync(4);
        try
        {
            await using BalancerProcess balancer = await BalancerProcess.StartAsync(backends[..2]);
            int begun = 0;
            int done = 0;
            int judged = 0;
            await using Load load = Load.Start(balancer.Port, 16, () => Volatile.Read(ref done), (before, answer) =>
            {
                // It ran while nothing was being replaced: then it is plain who may have answered.
                if (Volatile.Read(ref begun) == before)
                {
                    Interlocked.Increment(ref judged);
                    if (!Sets[before % Sets.Length].Contains(answer.Backend, StringComparison.Ordinal))
                    {
                        throw new InvalidDataException($"answered by {answer.Backend} after replacement {before}");
                    }
                }
            });
            for (int i = 1; i <= Replacements; i++)
            {
                Volatile.Write(ref begun, i);
                string set = Sets[i % Sets.Length];
                Assert.Equal("ok 2 backends, 1 added, 1 removed", await balancer.ControlAsync($"{backends[set[0] - 'a'].Address},{backends[set[1] - 'a'].Address}"));
                Volatile.Write(ref done, i);
                await load.AnswerMoreAsync(20);
            }

            await load.StopAsync();
            Assert.True(judged > Replacements, $"only {judged} requests ran between two replacements");

            BackendCounts[] removed = [await backends[2].CountAsync(), await backends[3].CountAsync()];
            await Load.RunAsync(balancer.Port, clients: 16, requestsEach: 50);
            BackendCounts[] later = [await backends[2].CountAsync(), await backends[3].CountAsync()];
            Assert.Equal(removed, later);
        }
        finally
        {
            await BackendProcess.DisposeManyAsync(backends);
        }
    }

    [Fact]
    public async Task Without_a_backend_every_request_is_503_until_nc_names_one()
    {
        await using BackendProcess backend = await BackendProcess.StartAsync("a");
        await using BalancerProcess balancer = await BalancerProcess.StartAsync();
        Answer refused = await KeepAliveClient.GetOnceAsync(balancer.Port, "/");
        Assert.Equal(503, refused.Status);
        Assert.Contains("\r\nRetry-After: ", refused.Head, StringComparison.Ordinal);

        Assert.Equal("ok 1 backend, 1 added, 0 removed", await Command.ShellAsync($"echo '{backend.Address}' | nc -N -U {balancer.ControlSocket}"));
        Assert.Equal(200, (await KeepAliveClient.GetOnceAsync(balancer.Port, "/")).Status);
    }

    [Theory]
    [InlineData("-N")]
    [InlineData("")]
    public async Task Answer_comes_for_a_line_with_and_without_its_end_whether_nc_ends_its_side_or_not(string flag)
    {
        await using BalancerProcess balancer = await BalancerProcess.StartAsync();
        string[] arguments = flag.Length == 0 ? ["-U", balancer.ControlSocket] : [flag, "-U", balancer.ControlSocket];

        // Without -N nc goes on until the other side ends: the answer is what counts, then nc is killed.
        await using RunningProcess whole = RunningProcess.Start("nc", arguments, "http://127.0.0.1:1, http://127.0.0.1:2\n");
        Assert.Equal("ok 2 backends, 2 added, 0 removed", await whole.WaitForLineAsync("backends"));
        await using RunningProcess unfinished = RunningProcess.Start("nc", arguments, "http://127.0.0.1:1");
        Assert.Equal("ok 1 backend, 0 added, 1 removed", await unfinished.WaitForLineAsync("backend"));
    }

    [Fact]
    public async Task Every_line_of_a_connection_is_answered_and_a_bad_one_changes_nothing()
    {
        await using BackendProcess backend = await BackendProcess.StartAsync("a");
        await using BalancerProcess balancer = await BalancerProcess.StartAsync();
        string answers = await balancer.ControlAsync($"{backend.Address}\nhttp://127.0.0.1:1,10.0.0.1\n\n{backend.Address}");

        Assert.Equal(
            "ok 1 backend, 1 added, 0 removed\n" +
            "error: backend address '10.0.0.1' must start with http:// or https://, backends unchanged\n" +
            "ok 1 backend, 0 added, 0 removed",
            answers);
        Assert.Equal(200, (await KeepAliveClient.GetOnceAsync(balancer.Port, "/")).Status);
    }

    [Fact]
    public async Task Control_socket_is_its_owners_alone_and_one_in_use_is_refused_while_a_stale_one_is_replaced()
    {
        await using BalancerProcess first = await BalancerProcess.StartAsync();
        Assert.Equal("600", await Command.OutputOfAsync("stat", "-c", "%a", first.ControlSocket));

        string[] same = ["-p", "0", "-prometheus-port", "off", "-control-socket", first.ControlSocket];
        Command second = await Command.RunAsync(Repository.Binary, same);
        Assert.Equal((1, ""), (second.Status, second.Output));
        Assert.Contains("-control-socket", Assert.Single(second.Errors.Split('\n')), StringComparison.Ordinal);

        await first.Process.KillAsync();
        Assert.True(Path.Exists(first.ControlSocket));
        await using RunningProcess third = RunningProcess.Start(Repository.Binary, same);
        await third.WaitForLineAsync(" listening on ");
    }
}
