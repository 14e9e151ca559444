using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace GoAround.Profile;

/// <summary>References to types and methods of other assemblies, in the metadata of the one that is written. ECMA-335 II.22, II.23.2</summary>
internal sealed class References(MetadataBuilder metadata)
{
    private const byte ClassType = 0x12;
    private const byte ValueType = 0x11;
    private const byte GenericInstance = 0x15;

    private static readonly Dictionary<Type, byte> Simple = new()
    {
        [typeof(void)] = 0x01,
        [typeof(bool)] = 0x02,
        [typeof(char)] = 0x03,
        [typeof(sbyte)] = 0x04,
        [typeof(byte)] = 0x05,
        [typeof(short)] = 0x06,
        [typeof(ushort)] = 0x07,
        [typeof(int)] = 0x08,
        [typeof(uint)] = 0x09,
        [typeof(long)] = 0x0A,
        [typeof(ulong)] = 0x0B,
        [typeof(float)] = 0x0C,
        [typeof(double)] = 0x0D,
        [typeof(string)] = 0x0E,
        [typeof(nint)] = 0x18,
        [typeof(nuint)] = 0x19,
        [typeof(object)] = 0x1C,
    };

    private readonly Dictionary<string, AssemblyReferenceHandle> _assemblies = [];
    private readonly Dictionary<Type, EntityHandle> _types = [];
    private readonly HashSet<string> _used = [];

    /// <summary>A method of a type, both with their arguments where they are generic; and the names of all assemblies that it takes to know it.</summary>
    /// <exception cref="NotSupportedException">A type in its signature that no method of ours has.</exception>
    public EntityHandle Method(MethodBase method, IReadOnlyList<Type> typeArguments, IReadOnlyList<Type> methodArguments, out IEnumerable<string> assemblies)
    {
        _used.Clear();
        Type type = method.DeclaringType!; // no method of a module itself
        EntityHandle owner = typeArguments.Count == 0 ? Reference(type) : Specification(blob => WriteInstance(blob, type, typeArguments));
        EntityHandle member = metadata.AddMemberReference(owner, metadata.GetOrAddString(method.Name), Signature(method));
        if (methodArguments.Count > 0)
        {
            BlobBuilder arguments = new();
            arguments.WriteByte(0x0A);
            arguments.WriteCompressedInteger(methodArguments.Count);
            Write(arguments, methodArguments);
            member = metadata.AddMethodSpecification((MemberReferenceHandle)member, metadata.GetOrAddBlob(arguments));
        }

        assemblies = [.. _used];
        return member;
    }

    /// <summary>A type, with its arguments.</summary>
    /// <exception cref="NotSupportedException">A kind of type that none of ours is.</exception>
    public EntityHandle Type(Type type) => type.IsGenericType || type.HasElementType ? Specification(blob => Write(blob, type)) : Reference(type);

    private TypeSpecificationHandle Specification(Action<BlobBuilder> write)
    {
        BlobBuilder blob = new();
        write(blob);
        return metadata.AddTypeSpecification(metadata.GetOrAddBlob(blob));
    }

    private BlobHandle Signature(MethodBase method)
    {
        BlobBuilder blob = new();
        ParameterInfo[] parameters = method.GetParameters();
        blob.WriteByte((byte)((method.IsStatic ? 0 : 0x20) | (method.IsGenericMethodDefinition ? 0x10 : 0)));
        if (method.IsGenericMethodDefinition)
        {
            blob.WriteCompressedInteger(method.GetGenericArguments().Length);
        }

        blob.WriteCompressedInteger(parameters.Length);
        if (method is MethodInfo { ReturnParameter: { } result })
        {
            Write(blob, result);
        }
        else
        {
            blob.WriteByte(Simple[typeof(void)]);
        }

        foreach (ParameterInfo parameter in parameters)
        {
            Write(blob, parameter);
        }

        return metadata.GetOrAddBlob(blob);
    }

    private void Write(BlobBuilder blob, ParameterInfo parameter)
    {
        foreach (Type modifier in parameter.GetRequiredCustomModifiers().Reverse())
        {
            blob.WriteByte(0x1F);
            blob.WriteCompressedInteger(CodedIndex.TypeDefOrRefOrSpec(Reference(modifier)));
        }

        Write(blob, parameter.ParameterType);
    }

    private void Write(BlobBuilder blob, IEnumerable<Type> types)
    {
        foreach (Type type in types)
        {
            Write(blob, type);
        }
    }

    private void Write(BlobBuilder blob, Type type)
    {
        if (Simple.TryGetValue(type, out byte simple))
        {
            blob.WriteByte(simple);
        }
        else if (type.HasElementType)
        {
            blob.WriteByte((byte)(type.IsByRef ? 0x10 : type.IsPointer ? 0x0F : type.IsSZArray ? 0x1D : throw new NotSupportedException(type.ToString())));
            Write(blob, type.GetElementType()!); // it has one
        }
        else if (type.IsGenericParameter)
        {
            blob.WriteByte((byte)(type.IsGenericMethodParameter ? 0x1E : 0x13));
            blob.WriteCompressedInteger(type.GenericParameterPosition);
        }
        else if (type.IsGenericType)
        {
            WriteInstance(blob, type.GetGenericTypeDefinition(), type.GetGenericArguments());
        }
        else if (type.IsFunctionPointer)
        {
            throw new NotSupportedException(type.ToString());
        }
        else
        {
            WriteNamed(blob, type);
        }
    }

    private void WriteInstance(BlobBuilder blob, Type definition, IReadOnlyCollection<Type> arguments)
    {
        blob.WriteByte(GenericInstance);
        WriteNamed(blob, definition);
        blob.WriteCompressedInteger(arguments.Count);
        Write(blob, arguments);
    }

    private void WriteNamed(BlobBuilder blob, Type type)
    {
        blob.WriteByte(type.IsValueType ? ValueType : ClassType);
        blob.WriteCompressedInteger(CodedIndex.TypeDefOrRefOrSpec(Reference(type)));
    }

    private EntityHandle Reference(Type type)
    {
        if (type != typeof(Canon))
        {
            _used.Add(type.Assembly.GetName().Name!); // none is made at run time
        }

        if (!_types.TryGetValue(type, out EntityHandle handle))
        {
            handle = type == typeof(Canon) ? metadata.AddTypeReference(Assembly("System.Private.Canon", null), metadata.GetOrAddString("System"), metadata.GetOrAddString("__Canon"))
                : type.IsNested ? metadata.AddTypeReference(Reference(type.DeclaringType!), default, metadata.GetOrAddString(type.Name))
                : metadata.AddTypeReference(
                    Assembly(type.Assembly.GetName().Name!, type.Assembly.GetName()), type.Namespace is { } space ? metadata.GetOrAddString(space) : default, metadata.GetOrAddString(type.Name));
            _types[type] = handle;
        }

        return handle;
    }

    private AssemblyReferenceHandle Assembly(string name, AssemblyName? full)
    {
        if (!_assemblies.TryGetValue(name, out AssemblyReferenceHandle handle))
        {
            byte[] key = full?.GetPublicKeyToken() ?? [];
            handle = metadata.AddAssemblyReference(
                metadata.GetOrAddString(name), full?.Version ?? new Version(0, 0), default, key.Length > 0 ? metadata.GetOrAddBlob(key) : default, default, default);
            _assemblies[name] = handle;
        }

        return handle;
    }
}
