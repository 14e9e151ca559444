using System;
using System.Globalization;
using System.Threading.Tasks;
using GoAround.Cli.Flags;
using Microsoft.Extensions.Options;

namespace GoAround.Cli;

/// <summary>The program <c>goaround</c>: reads the flags, runs the balancer, and turns what happened into an exit status.</summary>
internal static class Program
{
    private const int Ended = 0;
    private const int CouldNotStart = 1;
    private const int BadFlag = 2;

    public static async Task<int> Main(string[] args)
    {
        SetSocketThreads();
        try
        {
            FlagValues values = FlagParser.Parse(args);
            if (values.Help || values.Version)
            {
                await Console.Out.WriteAsync(values.Help ? HelpText.Make() : $"goaround {ProgramVersion.Text}\n").ConfigureAwait(false);
                return Ended;
            }

            return await Launch.RunAsync(Settings.From(values)).ConfigureAwait(false);
        }
        catch (FlagException e)
        {
            return await FailAsync(e.Message, BadFlag).ConfigureAwait(false);
        }
        catch (OptionsValidationException e)
        {
            return await FailAsync(OneLine.Of(string.Join("; ", e.Failures)), BadFlag).ConfigureAwait(false);
        }
        catch (StartException e)
        {
            return await FailAsync(e.Message, CouldNotStart).ConfigureAwait(false);
        }
    }

    private static async Task<int> FailAsync(string line, int status)
    {
        await Console.Error.WriteLineAsync($"goaround: {line}").ConfigureAwait(false);
        return status;
    }

    // Read by System.Net.Sockets when the first socket is made: completions run on the threads that poll, which saves a hop
    // for each (docs/decisions 1 and 7). Half the processors poll; the rest of the work is the kernel's. What the user set, stays.
    private static void SetSocketThreads()
    {
        SetUnlessSet("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
        SetUnlessSet("DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT", Math.Max(1, Environment.ProcessorCount / 2).ToString(CultureInfo.InvariantCulture));
    }

    private static void SetUnlessSet(string name, string value)
    {
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(name)))
        {
            Environment.SetEnvironmentVariable(name, value);
        }
    }
}
