using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Linq;
using CommandLine;

namespace GoAround.Cli.Flags;

/// <summary>Turns arguments into the text of each flag.</summary>
internal static class FlagParser
{
    /// <exception cref="FlagException">The arguments are not a set of flags.</exception>
    [DynamicDependency(DynamicallyAccessedMemberTypes.All, typeof(FlagValues))] // CommandLineParser makes and fills it by reflection
    public static FlagValues Parse(IReadOnlyList<string> arguments)
    {
        IReadOnlyList<string> normal = FlagSpelling.Normalise(arguments);
        using Parser parser = new(settings =>
        {
            settings.AutoHelp = false;
            settings.AutoVersion = false;
            settings.HelpWriter = null;
            settings.ParsingCulture = CultureInfo.InvariantCulture;
        });
        ParserResult<FlagValues> result = parser.ParseArguments<FlagValues>(normal);
        return result.Value ?? throw Translate(result.Errors.First());
    }

    private static FlagException Translate(Error error) => error switch
    {
        RepeatedOptionError repeated => new FlagException($"-{NameOf(repeated)}: not allowed twice: it is given once"),
        NamedError named => new FlagException($"-{NameOf(named)}: not allowed so: {FlagTable.Find(NameOf(named))?.Allowed}"),
        _ => throw new InvalidOperationException($"CommandLineParser found {error.Tag} in normalised flags"),
    };

    private static string NameOf(NamedError error) => error.NameInfo.LongName.Length > 0 ? error.NameInfo.LongName : error.NameInfo.ShortName;
}
