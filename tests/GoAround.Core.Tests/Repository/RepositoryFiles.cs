using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace GoAround.Core.Tests.Repository;

/// <summary>The repository this test assembly was built from, found by walking up to the solution.</summary>
internal static class RepositoryFiles
{
    /// <summary>The absolute path of the repository.</summary>
    public static string Root { get; } = FindRoot(AppContext.BaseDirectory);

    /// <summary>The sources of the library.</summary>
    public static IReadOnlyList<SourceFile> Core { get; } = Read("src/GoAround.Core");

    /// <summary>The sources of all that ships.</summary>
    public static IReadOnlyList<SourceFile> Shipped { get; } = Read("src");

    /// <summary>Every source there is.</summary>
    public static IReadOnlyList<SourceFile> All { get; } = [.. Shipped, .. Read("tests"), .. Read("bench"), .. Read("samples")];

    /// <summary>The absolute path of a file of the repository.</summary>
    public static string PathOf(string relativePath) => Path.Combine(Root, relativePath);

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

    private static SourceFile[] Read(string folder)
    {
        string path = PathOf(folder);
        if (!Directory.Exists(path))
        {
            return [];
        }

        return [.. Directory.EnumerateFiles(path, "*.cs", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Root, file).Replace('\\', '/'))
            .Where(file => !file.Contains("/bin/", StringComparison.Ordinal) && !file.Contains("/obj/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(file => new SourceFile(file, File.ReadAllText(PathOf(file))))];
    }
}
