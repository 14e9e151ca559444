using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Threading.Tasks;

namespace GoAround.Fuzz;

/// <summary>Feeds one target with its corpus, with valid messages at random, and with mutations of both and of every input that met something new.</summary>
internal sealed class FuzzRun
{
    private const int MaxKept = 4000;

    private readonly IFuzzTarget _target;
    private readonly int _seed;
    private readonly List<byte[]> _inputs;
    private readonly HashSet<int> _features = [];

    public FuzzRun(IFuzzTarget target, int seed)
    {
        _target = target;
        _seed = seed;
        _inputs = [.. Corpus.Of(target.Name).Select(file => file.Value)];
    }

    /// <summary>How many inputs were made so far.</summary>
    public int Count { get; private set; }

    /// <summary>How many different things were met, see <see cref="IFuzzTarget.RunAsync"/>.</summary>
    public int Features => _features.Count;

    /// <summary>What is run now, or was run last.</summary>
    public byte[] Current { get; private set; } = [];

    /// <summary>Runs every file of the corpus as it is.</summary>
    public async Task RunCorpusAsync()
    {
        foreach ((string name, byte[] input) in Corpus.Of(_target.Name))
        {
            try
            {
                await RunAsync(input, new Random(_seed));
            }
            catch (Exception error)
            {
                throw new FuzzFailure($"{_target.Name}, corpus file {name}: {error.Message}", error);
            }
        }
    }

    /// <summary>Makes and runs the next input, which depends on the seed and on those before only.</summary>
    public async Task RunNextAsync()
    {
        // Each input has a source of its own, so that what a target draws from it does not depend on the inputs before.
        Random random = new(Mix(_seed, Count++));
        byte[] input = random.Next(8) == 0 ? Valid(random) : Mutator.Mutate(random, Seed(random), Seed(random));
        try
        {
            await RunAsync(input, random);
        }
        catch (Exception error)
        {
            throw new FuzzFailure($"{_target.Name}, seed {_seed}, input {Count}: {error.Message}\n{Convert.ToHexString(input)}", error);
        }
    }

    // The runtime's own hash differs from process to process.
    private static int Mix(int seed, int number) => unchecked((seed * 1_000_003) ^ (number * 7_919));

    private async Task RunAsync(byte[] input, Random random)
    {
        Current = input;
        int feature = await _target.RunAsync(input, random);
        if (_features.Add(feature) && _inputs.Count < MaxKept)
        {
            _inputs.Add(input);
        }
    }

    private byte[] Seed(Random random) => random.Next(4) == 0 || _inputs.Count == 0 ? Valid(random) : _inputs[random.Next(_inputs.Count)];

    private byte[] Valid(Random random)
    {
        RandomMessages messages = new(random);
        return Encoding.Latin1.GetBytes(_target.Name switch
        {
            "response-head" => messages.ResponseHead().Text,
            "chunked" or "response-body" => messages.Chunked(messages.Content(0, 200), []),
            "tunnel" when random.Next(2) == 0 => messages.Content(0, 60_000),
            _ => messages.Stream(4).Text,
        });
    }
}
