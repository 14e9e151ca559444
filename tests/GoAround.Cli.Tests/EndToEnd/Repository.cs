using System;
using System.IO;
using System.Linq;
using System.Xml.Linq;

namespace GoAround.Cli.Tests.EndToEnd;

/// <summary>The repository this test assembly was built from, and what was built beside it.</summary>
internal static class Repository
{
    /// <summary>The absolute path of the repository.</summary>
    public static string Root { get; } = FindRoot(AppContext.BaseDirectory);

    /// <summary>Its version, as in <c>0.1.0</c>: the one place where it stands.</summary>
    public static string Version { get; } = XDocument.Load(Path.Combine(Root, "Directory.Build.props")).Descendants("VersionPrefix").Single().Value;

    /// <summary>The program as users get it.</summary>
    /// <exception cref="FileNotFoundException">It was not built.</exception>
    public static string Binary
    {
        get
        {
            string path = Path.Combine(Root, "bin", "goaround");
            return File.Exists(path) ? path : throw new FileNotFoundException("bin/goaround is not there: run make first");
        }
    }

    /// <summary>The assembly of a project that was built together with these tests, as in <c>samples/EmbeddedBalancer</c>.</summary>
    public static string AssemblyOf(string project)
    {
        // .../bin/Release/net10.0/ is where this assembly lies, and where every other one does.
        string output = Path.GetRelativePath(Path.Combine(Root, "tests", "GoAround.Cli.Tests"), AppContext.BaseDirectory);
        string path = Path.Combine(Root, project, output, Path.GetFileName(project) + ".dll");
        return File.Exists(path) ? path : throw new FileNotFoundException($"{path} is not there: the tests' project builds it");
    }

    private static string FindRoot(string start)
    {
        for (DirectoryInfo? folder = new(start); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "GoAround.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"no GoAround.sln above {start}");
    }
}
