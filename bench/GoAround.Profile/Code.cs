using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;

namespace GoAround.Profile;

/// <summary>The assemblies that were counted, by reflection: finds types and methods by the names that the runtime writes.</summary>
internal sealed class Code
{
    private const BindingFlags Any =
        BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance;

    private readonly Dictionary<string, Assembly> _assemblies = [];
    private readonly Dictionary<string, Type> _types = [];

    /// <param name="folder">Where the program's own assemblies are; those of the framework are this process's.</param>
    public Code(string folder)
    {
        string framework = Path.GetDirectoryName(typeof(object).Assembly.Location)!; // a file, since this program is not a single one
        IEnumerable<Assembly> all = Directory.GetFiles(folder, "*.dll").Concat(Directory.GetFiles(framework, "*.dll")).Select(TryLoad).OfType<Assembly>();
        foreach (Assembly assembly in all.Append(typeof(object).Assembly))
        {
            _assemblies[assembly.GetName().Name!] = assembly; // none is made at run time
            foreach (Type type in TypesOf(assembly))
            {
                if (type.FullName is { } name && (!_types.TryGetValue(name, out Type? known) || (type.IsVisible && !known.IsVisible)))
                {
                    _types[name] = type;
                }
            }
        }
    }

    /// <summary>The one method of that name with that many bytes of IL, or null: none, or several.</summary>
    public MethodBase? Find(MethodName name, int ilBytes)
    {
        List<MethodBase> found = _types.TryGetValue(name.Type, out Type? type)
            ? [.. type.GetMembers(Any).OfType<MethodBase>().Where(one => one.Name == name.Method
                && ArgumentsOf(one) == name.MethodArguments.Count && one.GetMethodBody()?.GetILAsByteArray()?.Length == ilBytes)]
            : [];
        return found.Count == 1 ? found[0] : null;
    }

    /// <summary>A type by its full name with its arguments in brackets, without its assembly.</summary>
    /// <exception cref="TypeLoadException">There is none.</exception>
    public Type TypeOf(string name)
    {
        if (name == "System.__Canon")
        {
            return typeof(Canon);
        }

        if (name.EndsWith("[]", StringComparison.Ordinal))
        {
            return TypeOf(name[..^2]).MakeArrayType();
        }

        (string definition, IReadOnlyList<string> arguments) = MethodName.TakeArguments(name);
        Type type = _types.GetValueOrDefault(definition) ?? throw new TypeLoadException(name);
        return arguments.Count == 0 ? type : type.MakeGenericType([.. arguments.Select(TypeOf)]);
    }

    /// <summary>A type by its name with its assembly, or null.</summary>
    public Type? TryTypeOf(string qualifiedName)
    {
        try
        {
            return Type.GetType(
                qualifiedName.Replace("System.__Canon, System.Private.CoreLib", typeof(Canon).FullName + ", " + typeof(Canon).Assembly.GetName().Name, StringComparison.Ordinal),
                name => name.Name == typeof(Canon).Assembly.GetName().Name ? typeof(Canon).Assembly : _assemblies.GetValueOrDefault(name.Name!),
                (assembly, name, _) => assembly?.GetType(name),
                throwOnError: false);
        }
        catch (Exception failure) when (failure is ArgumentException or IOException or TypeLoadException or BadImageFormatException)
        {
            return null;
        }
    }

    private static int ArgumentsOf(MethodBase method) => method.IsGenericMethodDefinition ? method.GetGenericArguments().Length : 0;

    private static Assembly? TryLoad(string path)
    {
        try
        {
            return Assembly.LoadFrom(path);
        }
        catch (Exception failure) when (failure is BadImageFormatException or IOException)
        {
            return null; // not managed, or the core library, which is not loaded from there
        }
    }

    private static IEnumerable<Type> TypesOf(Assembly assembly)
    {
        try
        {
            return assembly.GetTypes();
        }
        catch (ReflectionTypeLoadException partly)
        {
            return partly.Types.OfType<Type>();
        }
    }
}
