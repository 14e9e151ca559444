using System;
using System.Threading.Tasks;

namespace GoAround.Fuzz;

/// <summary>One part of the balancer that is fed whatever the mutators make, and the properties that must hold for it.</summary>
internal interface IFuzzTarget : IAsyncDisposable
{
    /// <summary>Names the target on the command line, and its folder in the corpus.</summary>
    string Name { get; }

    /// <summary>
    /// Runs one input. Returns a number that stands for what it met there (statuses, rejections, framings, counts): an input
    /// with a number not seen before is kept and mutated further. That is all the coverage guidance there is.
    /// </summary>
    /// <param name="input">The bytes.</param>
    /// <param name="random">For what else is chosen, such as where the input is split.</param>
    /// <exception cref="FuzzFailure">A property does not hold.</exception>
    ValueTask<int> RunAsync(byte[] input, Random random);
}
