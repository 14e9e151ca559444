using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace GoAround.Fuzz;

/// <summary>The seeds: one file each, its bytes as they would come over the wire, named for what is special about them.</summary>
internal static class Corpus
{
    /// <summary>The seeds of one target, by name. What is a head to the parser is a connection to the session, what is a chunked body to the decoder one of a backend's answer, and to a tunnel all is alike.</summary>
    public static IReadOnlyList<KeyValuePair<string, byte[]>> Of(string target) =>
        target switch
        {
            "session" => [.. In("request-head"), .. In(target)],
            "response-body" => [.. In("chunked"), .. In(target)],
            "tunnel" => [.. In("response-head"), .. In(target)],
            _ => In(target),
        };

    private static KeyValuePair<string, byte[]>[] In(string target) =>
        [.. Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "corpus", target))
            .Order(StringComparer.Ordinal)
            .Select(file => KeyValuePair.Create(Path.GetFileName(file), File.ReadAllBytes(file)))];
}
