using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace GoAround.Profile;

/// <summary>From what the runtime counted to the profile of the compiler ahead of time; run by bench/profile.sh.</summary>
internal static class Program
{
    public static int Main(string[] args)
    {
        if (args.Length < 3)
        {
            Console.Error.WriteLine("usage: GoAround.Profile FOLDER-OF-ASSEMBLIES OUTPUT.mibc COUNTS.txt...");
            return 2;
        }

        Code code = new(args[0]);
        ProfileWriter writer = new();
        IReadOnlyCollection<CountedMethod> methods = CountsReader.Read(args[2..]);
        int written = methods.OrderBy(method => method.Name, StringComparer.Ordinal).Count(method => writer.TryAdd(method, code));
        writer.Save(args[1]);
        Console.WriteLine($"{args[1]}: {written} methods of {methods.Count}, {new FileInfo(args[1]).Length / 1024} KiB");
        return 0;
    }
}
