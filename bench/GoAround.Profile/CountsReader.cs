using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;

namespace GoAround.Profile;

/// <summary>Reads what the runtime writes at its end where `DOTNET_WritePGOData=1`.</summary>
internal static class CountsReader
{
    /// <summary>All methods of all files; one that is in several once, with the sum of its counts.</summary>
    public static IReadOnlyCollection<CountedMethod> Read(IEnumerable<string> paths)
    {
        Dictionary<(string Name, string Signature, int IlBytes), CountedMethod> all = [];
        foreach (string path in paths)
        {
            foreach (CountedMethod method in ReadOne(path))
            {
                var key = (method.Name, method.Signature, method.IlBytes);
                all[key] = all.TryGetValue(key, out CountedMethod? known) ? known.With(method) : method;
            }
        }

        return all.Values;
    }

    private static List<CountedMethod> ReadOne(string path)
    {
        List<CountedMethod> methods = [];
        int ilBytes = 0;
        string name = "";
        List<string> data = [];
        foreach (string line in File.ReadLines(path))
        {
            string[] words = line.Split(' ');
            switch (words[0])
            {
                case "***": // START PGO Data, max index = 3624
                    break;
                case "@@@": // codehash 0xE5AC79E4 methodhash 0x41EC3A9A ilSize 0x0000002F records 0x00000003
                    ilBytes = Convert.ToInt32(words[6], 16);
                    break;
                case "MethodName:":
                    name = line["MethodName: ".Length..];
                    break;
                case "Signature:":
                    methods.Add(new CountedMethod(name, line["Signature: ".Length..], ilBytes, []));
                    break;
                case "Schema": // InstrumentationKind 385 ILOffset 7 Count 1 Other 13
                    data = [];
                    methods[^1].Counters.Add(new Counter(Number(words[2]), Number(words[4]), Number(words[6]), Number(words[8]), data));
                    break;
                case not "":
                    data.Add(line);
                    break;
            }
        }

        return methods;
    }

    private static int Number(string word) => unchecked((int)long.Parse(word, CultureInfo.InvariantCulture)); // flags in the highest bits
}
