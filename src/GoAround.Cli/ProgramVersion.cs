using System.Reflection;

namespace GoAround.Cli;

/// <summary>The version of this program.</summary>
internal static class ProgramVersion
{
    /// <summary>As in <c>0.1.0</c>: the informational version without what a build adds behind a plus.</summary>
    public static string Text { get; } =
        typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";
}
