using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace GoAround.Profile;

/// <summary>
/// Writes a profile as .NET's compilers read it (`--mibc`): an assembly whose methods say, in IL that nobody runs, what was counted. One method for all that are
/// defined in one assembly and need the same others: the name of each and its counters, as the runtime's `PgoSchemaElem`; `AssemblyDictionary` lists those methods.
/// </summary>
internal sealed class ProfileWriter
{
    private const int AllFields = 15; // each counter says all that it is; none is left to be as the one before

    private readonly MetadataBuilder _metadata = new();
    private readonly MethodBodyStreamEncoder _bodies = new(new BlobBuilder());
    private readonly SortedDictionary<string, InstructionEncoder> _groups = new(StringComparer.Ordinal);
    private readonly References _references;
    private readonly BlobHandle _noParameters;

    public ProfileWriter()
    {
        StringHandle name = _metadata.GetOrAddString("goaround.mibc");
        _metadata.AddModule(0, name, _metadata.GetOrAddGuid(Guid.Empty), default, default);
        _metadata.AddAssembly(name, new Version(1, 0, 0, 0), default, default, default, default);
        _metadata.AddTypeDefinition(
            TypeAttributes.NotPublic, default, _metadata.GetOrAddString("<Module>"), default, MetadataTokens.FieldDefinitionHandle(1), MetadataTokens.MethodDefinitionHandle(1));
        BlobBuilder signature = new();
        new BlobEncoder(signature).MethodSignature().Parameters(0, static result => result.Void(), static _ => { });
        _noParameters = _metadata.GetOrAddBlob(signature);
        _references = new References(_metadata);
    }

    /// <summary>Adds what was counted in a method; false: it is none that can be named.</summary>
    public bool TryAdd(CountedMethod counted, Code code)
    {
        MethodName name = MethodName.Parse(counted.Name);
        if (code.Find(name, counted.IlBytes) is not { } method)
        {
            return false;
        }

        EntityHandle handle;
        IEnumerable<string> assemblies;
        try
        {
            handle = _references.Method(method, [.. name.TypeArguments.Select(code.TypeOf)], [.. name.MethodArguments.Select(code.TypeOf)], out assemblies);
        }
        catch (Exception unknown) when (unknown is TypeLoadException or NotSupportedException)
        {
            return false;
        }

        string home = method.DeclaringType!.Assembly.GetName().Name!; // found by both names
        string key = string.Join(';', assemblies.Where(other => other != home).Order(StringComparer.Ordinal).Prepend(home)) + ";";
        if (!_groups.TryGetValue(key, out InstructionEncoder group))
        {
            _groups[key] = group = new InstructionEncoder(new BlobBuilder());
        }

        Write(group, handle, counted, code);
        return true;
    }

    /// <summary>Writes the file, compressed.</summary>
    public void Save(string path)
    {
        InstructionEncoder list = new(new BlobBuilder());
        int number = 0;
        foreach ((string key, InstructionEncoder group) in _groups)
        {
            list.LoadString(_metadata.GetOrAddUserString(key));
            WriteToken(list, AddMethod($"Assemblies_{++number}", group));
            list.OpCode(ILOpCode.Pop);
        }

        AddMethod("AssemblyDictionary", list);
        BlobBuilder image = new();
        new ManagedPEBuilder(
            PEHeaderBuilder.CreateLibraryHeader(), new MetadataRootBuilder(_metadata), _bodies.Builder, deterministicIdProvider: static _ => new BlobContentId(Guid.Empty, 1)).Serialize(image);
        using FileStream file = File.Create(path);
        using ZipArchive archive = new(file, ZipArchiveMode.Create);
        ZipArchiveEntry entry = archive.CreateEntry(Path.GetFileName(path) + ".dll", CompressionLevel.SmallestSize);
        entry.LastWriteTime = new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);
        using Stream content = entry.Open();
        image.WriteContentTo(content);
    }

    private void Write(InstructionEncoder group, EntityHandle method, CountedMethod counted, Code code)
    {
        WriteToken(group, method);
        if (counted.Weight > 0)
        {
            group.LoadString(_metadata.GetOrAddUserString("ExclusiveWeight"));
            group.LoadConstantI4((int)Math.Min(counted.Weight, int.MaxValue));
        }

        group.LoadString(_metadata.GetOrAddUserString("InstrumentationDataStart"));
        foreach (Counter counter in counted.Counters.Where(one => !one.IsMethod)) // delegates: ours are called from one place each
        {
            group.LoadConstantI4(AllFields);
            group.LoadConstantI4(counter.Offset);
            group.LoadConstantI4(counter.Kind);
            group.LoadConstantI4(counter.Count);
            group.LoadConstantI4(counter.Other);
            foreach (string datum in counter.Data)
            {
                Write(group, counter, datum, code);
            }
        }

        group.LoadString(_metadata.GetOrAddUserString("InstrumentationDataEnd"));
        group.OpCode(ILOpCode.Pop);
    }

    private void Write(InstructionEncoder group, Counter counter, string datum, Code code)
    {
        if (counter.IsType)
        {
            WriteType(group, datum["TypeHandle: ".Length..], code);
        }
        else if (counter.IsShort)
        {
            group.LoadConstantI4((int)Math.Min(CountedMethod.Number(datum), int.MaxValue));
        }
        else
        {
            group.LoadConstantI8(CountedMethod.Number(datum));
        }
    }

    private void WriteType(InstructionEncoder group, string name, Code code)
    {
        if (name == "NULL")
        {
            group.LoadConstantI4(0); // a place that is free
        }
        else if (code.TryTypeOf(name) is { IsPointer: false, IsFunctionPointer: false } type)
        {
            WriteToken(group, _references.Type(type));
        }
        else
        {
            group.LoadConstantI4(1); // somebody, who is not known
        }
    }

    private static void WriteToken(InstructionEncoder code, EntityHandle handle)
    {
        code.OpCode(ILOpCode.Ldtoken);
        code.Token(handle);
    }

    private MethodDefinitionHandle AddMethod(string name, InstructionEncoder body)
    {
        body.OpCode(ILOpCode.Ret);
        return _metadata.AddMethodDefinition(
            MethodAttributes.Public | MethodAttributes.Static, MethodImplAttributes.IL, _metadata.GetOrAddString(name), _noParameters, _bodies.AddMethodBody(body), MetadataTokens.ParameterHandle(1));
    }
}
