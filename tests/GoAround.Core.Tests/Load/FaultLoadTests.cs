using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Load;

/// <summary>Many clients, and backends that fail in every way there is: an answer is right, or is visibly an error, or visibly cut.</summary>
public sealed class FaultLoadTests
{
    private const int Clients = 64;
    private const int RequestsPerClient = 50;

    private int _right;
    private int _refused;
    private int _cut;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task No_client_ever_sees_an_answer_that_is_wrong_or_only_looks_whole(int seed)
    {
        UnreliableBackend[] scripts = [new(seed), new(seed + 100), new(seed + 200)];
        ScriptedBackend[] backends = [.. scripts.Select(script => new ScriptedBackend().Serve(script.ServeAsync))];
        ProxyFixture.Setup setup = new() { Pool = { ConnectionsPerBackend = 16 } };
        await using (ProxyFixture proxy = await ProxyFixture.OpenAsync(setup, backends))
        {
            await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(() => RunAsync(proxy, client, new Random((seed * 1000) + client)))));
            await proxy.UntilNothingIsInFlightAsync();
            await Until.TrueAsync(() => proxy.Events.OpenConnections == 0, "a session did not end");
            proxy.ExpectNoErrors();
        }

        Assert.Equal(Clients * RequestsPerClient, _right + _refused + _cut);
        Assert.True(_right > Clients * RequestsPerClient / 2, $"{_right} right, {_refused} refused, {_cut} cut");
        Assert.True(_refused > 0 && _cut > 0, "the backends did not fail");
        foreach (string target in scripts.SelectMany(script => script.Seen.Keys).Distinct().Where(target => target.StartsWith("/POST", StringComparison.Ordinal)))
        {
            Assert.Equal(1, scripts.Sum(script => script.Seen.GetValueOrDefault(target)));
        }

        Assert.Empty(backends.SelectMany(backend => backend.Faults));
        Array.ForEach(backends, backend => backend.Dispose());
    }

    private async Task RunAsync(ProxyFixture proxy, int client, Random dice)
    {
        WireEnd wire = await proxy.ConnectAsync();
        try
        {
            for (int i = 0; i < RequestsPerClient; i++)
            {
                string method = dice.Next(4) switch { 0 => "POST", 1 => "PUT", _ => "GET" };
                string target = $"/{method}/{client}/{i}";
                string body = method == "GET" ? "" : new string('b', dice.Next(3) * 400);
                if (!await AskAsync(wire, method, target, body))
                {
                    wire.Dispose();
                    wire = await proxy.ConnectAsync();
                }
            }
        }
        finally
        {
            wire.Dispose();
        }
    }

    /// <summary>One request; false: the connection is over.</summary>
    private async Task<bool> AskAsync(WireEnd wire, string method, string target, string body)
    {
        try
        {
            await wire.SendAsync($"{method} {target} HTTP/1.1\r\nHost: h\r\nContent-Length: {body.Length}\r\n\r\n{body}");
            ReceivedResponse response = await ReceivedResponse.ReadAsync(wire);
            Assert.DoesNotContain(UnreliableBackend.Poison, response.Head + response.Body);
            if (response.StatusCode == 200)
            {
                Assert.Contains($"\r\nX-Id: {target}\r\n", response.Head);
                Assert.Equal(UnreliableBackend.ContentOf(target), response.Body);
                Interlocked.Increment(ref _right);
            }
            else
            {
                Assert.Equal(502, response.StatusCode);
                Interlocked.Increment(ref _refused);
            }

            return !response.Head.Contains("\r\nConnection: close\r\n", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            Interlocked.Increment(ref _cut); // in the middle of an answer: whoever counts its bytes, or waits for the last chunk, knows
            return false;
        }
    }
}
