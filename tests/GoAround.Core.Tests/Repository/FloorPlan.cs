using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;

namespace GoAround.Core.Tests.Repository;

/// <summary>
/// The rooms of the library and the floor each is on. A room sees only the floors below it: never one above, never
/// another of its own floor.
/// </summary>
internal static partial class FloorPlan
{
    private const string Folder = "src/GoAround.Core/";
    private const string Contract = "";

    // The folders of src/GoAround.Core; the contract lies in no folder.
    private static readonly Dictionary<string, int> Floors = new(StringComparer.Ordinal)
    {
        ["Http"] = 0,
        ["Sockets"] = 0,
        ["Async"] = -1,
        [Contract] = 1,
        ["Server"] = 2,
        ["Upstream"] = 2,
        ["Pool"] = 2,
        ["Health"] = 2,
        ["Cache"] = 2,
        ["Observability"] = 2,
        ["Outgoing"] = 2,
        ["Hosting"] = 3,
    };

    /// <summary>Finds every use of a room by another that must not see it, one line each.</summary>
    /// <param name="sources">All the sources of the library.</param>
    public static IReadOnlyList<string> FindBreaches(IReadOnlyCollection<SourceFile> sources)
    {
        ILookup<string, string> types = sources
            .SelectMany(source => source.Types.Where(type => !type.IsNested).Select(type => (Room: RoomOf(source), type.Name)))
            .ToLookup(type => type.Room, type => type.Name, StringComparer.Ordinal);
        return [.. sources.SelectMany(source => FindBreaches(source, types))];
    }

    private static IEnumerable<string> FindBreaches(SourceFile source, ILookup<string, string> types)
    {
        string room = RoomOf(source);
        if (!Floors.TryGetValue(room, out int floor))
        {
            yield return $"{source.Path}: no room is called {room}; rooms and floors stand in ARCHITECTURE.md and in FloorPlan";
            yield break;
        }

        string expected = FolderOf(source) is { Length: > 0 } folder ? "GoAround.Core." + folder.Replace('/', '.') : "GoAround.Core";
        if (source.Namespace != expected)
        {
            yield return $"{source.Path}: namespace {source.Namespace} should be {expected}, as its folder";
        }

        // GoAround.Core.X, in a using line or anywhere else.
        foreach (Match match in FullName().Matches(source.Code))
        {
            string used = Floors.ContainsKey(match.Groups[1].Value) ? match.Groups[1].Value : Contract;
            if (!Sees(room, floor, used))
            {
                yield return Describe(source, match.Index, used);
            }
        }

        // Every namespace here lies in GoAround.Core, so Pool.BackendPool needs no using line, and a type of the contract not even that.
        foreach (Match match in Word().Matches(source.Code))
        {
            string qualifier = match.Groups["qualifier"].Value;
            string name = match.Groups["name"].Value;
            if (qualifier.Length > 0 ? !Sees(room, floor, qualifier) && types[qualifier].Contains(name) : floor <= 0 && types[Contract].Contains(name))
            {
                yield return Describe(source, match.Index, qualifier);
            }
        }
    }

    private static bool Sees(string room, int floor, string used) => used == room || !Floors.TryGetValue(used, out int other) || other < floor;

    private static string Describe(SourceFile source, int offset, string used) =>
        $"{source.Path}({source.LineOf(offset)}): {NameOf(RoomOf(source))} must not see {NameOf(used)}";

    private static string NameOf(string room) => room == Contract ? "the contract" : room;

    private static string RoomOf(SourceFile source) => FolderOf(source).Split('/')[0];

    private static string FolderOf(SourceFile source) => source.Path[Folder.Length..Math.Max(source.Path.LastIndexOf('/'), Folder.Length)];

    [GeneratedRegex(@"(?<!namespace\s+)\bGoAround\.Core(?:\.(\w+))?")]
    private static partial Regex FullName();

    // A name that is no member of something before it, with one qualifier at most.
    [GeneratedRegex(@"(?<![\w.])(?:Core\.)?(?:(?<qualifier>[A-Z]\w*)\.)?(?<name>[A-Z]\w*)")]
    private static partial Regex Word();
}
