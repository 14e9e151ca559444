using System;
using System.Diagnostics;
using System.IO;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Fuzz;

/// <summary>Runs the fuzz targets for a bounded time; ends with 1 at the first property that does not hold.</summary>
internal static class Program
{
    private static readonly TimeSpan HangLimit = TimeSpan.FromSeconds(60);

    public static async Task<int> Main(string[] args)
    {
        string[] names = ["request-head", "response-head", "chunked", "session", "response-body", "tunnel"];
        FuzzOptions? options = FuzzOptions.Parse(args);
        if (options is null || (options.Target != "all" && Array.IndexOf(names, options.Target) < 0))
        {
            Console.Error.WriteLine(FuzzOptions.Usage);
            return 2;
        }

        foreach (string name in options.Target == "all" ? names : [options.Target])
        {
            await using IFuzzTarget target = await OpenAsync(name);
            FuzzRun run = new(target, options.Seed);
            try
            {
                await RunAsync(run, target, options);
            }
            catch (FuzzFailure failure)
            {
                Report(name, run.Current, failure.Message);
                return 1;
            }
        }

        return 0;
    }

    private static async Task<IFuzzTarget> OpenAsync(string name) => name switch
    {
        "request-head" => new RequestTarget(),
        "response-head" => new ResponseTarget(),
        "chunked" => new ChunkedTarget(),
        "response-body" => await ResponseBodyTarget.OpenAsync(),
        "tunnel" => await TunnelTarget.OpenAsync(),
        _ => await SessionTarget.OpenAsync(),
    };

    private static async Task RunAsync(FuzzRun run, IFuzzTarget target, FuzzOptions options)
    {
        if (options.Input is { } file)
        {
            await target.RunAsync(await File.ReadAllBytesAsync(file), new Random(options.Seed));
            Console.WriteLine($"{target.Name}: {file} is fine");
            return;
        }

        Stopwatch watch = Stopwatch.StartNew();
        long last = 0;
        await using Timer watchdog = new(_ => EndIfHung(run, target.Name, ref last), null, HangLimit, HangLimit);
        await run.RunCorpusAsync();
        while (watch.Elapsed < options.Duration)
        {
            await run.RunNextAsync();
        }

        int stricter = target is RequestTarget requests ? requests.Stricter : target is SessionTarget session ? session.Stricter : 0;
        Console.WriteLine($"{target.Name}: {run.Count} inputs in {watch.Elapsed.TotalSeconds:F0} s, seed {options.Seed}, {run.Features} features, {stricter} refused that the reference reader takes; no fault");
    }

    // A parser that loops cannot be stopped from within.
    private static void EndIfHung(FuzzRun run, string name, ref long last)
    {
        if (Interlocked.Exchange(ref last, run.Count) == run.Count)
        {
            Report(name, run.Current, $"{name}: no end of input {run.Count}");
            Environment.Exit(1);
        }
    }

    private static void Report(string name, byte[] input, string message)
    {
        string file = Path.GetFullPath($"fuzz-{name}-{DateTimeOffset.UtcNow.ToUnixTimeSeconds()}.bin");
        File.WriteAllBytes(file, input);
        Console.Error.WriteLine($"{message}\nthe input is in {file}; again: --target {name} --input {file}; once mended it belongs in tests/GoAround.Fuzz/corpus/{name}/");
    }
}
