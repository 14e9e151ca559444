using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace GoAround.Fuzz;

/// <summary>The seeds: one file each, its bytes as they would come over the wire, named for what is special about them.</summary>
internal static class Corpus
{
    /// <summary>The seeds of one target, by name. What is a head to the parser is a connection to the session.</summary>
    public static IReadOnlyList<KeyValuePair<string, byte[]>> Of(string target) =>
        target == "session" ? [.. In("request-head"), .. In(target)] : In(target);

    private static KeyValuePair<string, byte[]>[] In(string target) =>
        [.. Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "corpus", target))
            .Order(StringComparer.Ordinal)
            .Select(file => KeyValuePair.Create(Path.GetFileName(file), File.ReadAllBytes(file)))];
}
