using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Xunit;

namespace GoAround.Core.Tests.Repository;

/// <summary>The profile that the executable is compiled with (decision 40).</summary>
public class CompilerProfileTests
{
    private const BindingFlags Any =
        BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance;

    [Fact]
    public void Profile_knows_the_library_as_it_is()
    {
        List<(string Type, string Method)> counted = ReadMethods("src/GoAround.Cli/goaround.mibc", "GoAround.Core");
        Dictionary<string, Type> types = typeof(Backend).Assembly.GetTypes().ToDictionary(type => type.FullName!);
        string[] gone = [.. counted
            .Where(one => !types.TryGetValue(one.Type, out Type? type) || !type.GetMember(one.Method, Any).Any(member => member is MethodBase))
            .Select(one => $"{one.Type}.{one.Method}")];

        Assert.True(counted.Count > 500, $"{counted.Count} methods");
        Assert.True(gone.Length * 10 < counted.Count, "run bench/profile.sh: of the methods that were counted these are no more\n" + string.Join('\n', gone));
    }

    /// <summary>The methods of types that are not generic.</summary>
    private static List<(string Type, string Method)> ReadMethods(string path, string assembly)
    {
        using ZipArchive archive = ZipFile.OpenRead(RepositoryFiles.PathOf(path));
        using MemoryStream image = new();
        using (Stream content = archive.Entries.Single().Open())
        {
            content.CopyTo(image);
        }

        image.Position = 0;
        using PEReader file = new(image);
        MetadataReader metadata = file.GetMetadataReader();
        return [.. metadata.MemberReferences.Select(metadata.GetMemberReference)
            .Where(member => member.Parent.Kind == HandleKind.TypeReference)
            .Select(member => (Type: NameOf(metadata, (TypeReferenceHandle)member.Parent, out string home), Method: metadata.GetString(member.Name), Home: home))
            .Where(member => member.Home == assembly)
            .Select(member => (member.Type, member.Method))];
    }

    private static string NameOf(MetadataReader metadata, TypeReferenceHandle handle, out string assembly)
    {
        TypeReference type = metadata.GetTypeReference(handle);
        string name = metadata.GetString(type.Name);
        if (type.ResolutionScope.Kind == HandleKind.TypeReference)
        {
            return NameOf(metadata, (TypeReferenceHandle)type.ResolutionScope, out assembly) + "+" + name;
        }

        assembly = metadata.GetString(metadata.GetAssemblyReference((AssemblyReferenceHandle)type.ResolutionScope).Name);
        return metadata.GetString(type.Namespace) + "." + name;
    }
}
