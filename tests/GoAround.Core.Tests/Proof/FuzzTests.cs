using System.Threading.Tasks;
using GoAround.Fuzz;
using Xunit;

namespace GoAround.Core.Tests.Proof;

/// <summary>The fuzz targets, briefly: every file of the corpus, and so many mutations of a fixed seed. `make fuzz` runs them for longer.</summary>
public sealed class FuzzTests
{
    private const int Seed = 3;

    [Fact]
    public async Task Requests_are_read_as_the_reference_reader_reads_them()
    {
        await using RequestTarget target = new();
        await RunAsync(target, 20_000);
    }

    [Fact]
    public async Task Response_heads_are_read_the_same_however_they_are_split()
    {
        await using ResponseTarget target = new();
        await RunAsync(target, 20_000);
    }

    [Fact]
    public async Task Chunked_bodies_are_read_as_the_reference_reader_reads_them()
    {
        await using ChunkedTarget target = new();
        await RunAsync(target, 20_000);
    }

    [Fact]
    public async Task A_whole_connection_brings_to_the_backend_what_the_reference_reader_finds_in_it()
    {
        await using SessionTarget target = await SessionTarget.OpenAsync();
        await RunAsync(target, 2_000);
    }

    [Fact]
    public async Task Body_of_an_answer_reaches_the_client_as_it_is_or_visibly_cut()
    {
        await using ResponseBodyTarget target = await ResponseBodyTarget.OpenAsync();
        await RunAsync(target, 800);
    }

    [Fact]
    public async Task Tunnel_carries_every_byte_both_ways_and_both_ends()
    {
        await using TunnelTarget target = await TunnelTarget.OpenAsync();
        await RunAsync(target, 800);
    }

    // On the thread pool: the context of a test runs one continuation at a time.
    private static Task RunAsync(IFuzzTarget target, int inputs) => Task.Run(async () =>
    {
        FuzzRun run = new(target, Seed);
        await run.RunCorpusAsync();
        while (run.Count < inputs)
        {
            await run.RunNextAsync();
        }
    });
}
