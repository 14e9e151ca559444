using System;
using System.Globalization;

namespace GoAround.Fuzz;

/// <summary>What the command line asks for.</summary>
internal sealed class FuzzOptions
{
    /// <summary>Says how to call it.</summary>
    public const string Usage =
        "dotnet run --project tests/GoAround.Fuzz -c Release -- [--target request-head|response-head|chunked|session|response-body|tunnel|all] [--seconds N | --minutes N] [--seed N] [--input FILE]";

    /// <summary>The target, or <c>all</c>.</summary>
    public string Target { get; private set; } = "all";

    /// <summary>How long each target is run.</summary>
    public TimeSpan Duration { get; private set; } = TimeSpan.FromSeconds(60);

    /// <summary>The same seed makes the same inputs in the same order.</summary>
    public int Seed { get; private set; } = 1;

    /// <summary>Runs this one file and nothing else; null: it does not.</summary>
    public string? Input { get; private set; }

    /// <summary>Reads the command line; null where it is not understood.</summary>
    public static FuzzOptions? Parse(string[] args)
    {
        FuzzOptions options = new();
        for (int i = 0; i < args.Length; i += 2)
        {
            if (i + 1 == args.Length || !options.TrySet(args[i], args[i + 1]))
            {
                return null;
            }
        }

        return options;
    }

    private bool TrySet(string name, string value)
    {
        bool isNumber = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number);
        switch (name)
        {
            case "--target":
                Target = value;
                return true;
            case "--seconds" when isNumber:
                Duration = TimeSpan.FromSeconds(number);
                return true;
            case "--minutes" when isNumber:
                Duration = TimeSpan.FromMinutes(number);
                return true;
            case "--seed" when isNumber:
                Seed = number;
                return true;
            case "--input":
                Input = value;
                return true;
            default:
                return false;
        }
    }
}
