using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Xml.Linq;

namespace GoAround.Core.Tests.Repository;

/// <summary>What is missing in the documentation of what users can see: a summary, a parameter, an exception.</summary>
internal static class DocumentedApi
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>One line for each fault.</summary>
    public static IReadOnlyList<string> Faults(IEnumerable<Type> types, XmlDocs docs) =>
        [.. types.Where(type => type.IsVisible).SelectMany(type => FaultsOf(type, docs)).Order(StringComparer.Ordinal)];

    private static IEnumerable<string> FaultsOf(Type type, XmlDocs docs)
    {
        if (XmlDocs.TextOf(docs.Find(type)?.Element("summary")).Length == 0)
        {
            yield return $"{XmlDocs.IdOf(type)}: no summary";
        }

        foreach (MemberInfo member in Members(type))
        {
            XElement? said = docs.Find(member);
            foreach (string fault in said is null ? ["no summary"] : said.Element("inheritdoc") is null ? FaultsOf(member, said) : FaultsOfInherited(member))
            {
                yield return $"{XmlDocs.IdOf(member)}: {fault}";
            }
        }
    }

    private static IEnumerable<MemberInfo> Members(Type type) => type.IsSubclassOf(typeof(Delegate)) ? [] : type.GetMembers(Declared).Where(member => member switch
    {
        ConstructorInfo constructor => IsVisible(constructor) && (constructor.GetParameters().Length > 0 || !IsImplicit(constructor)),
        MethodInfo method => IsVisible(method) && (!method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal)) && !method.IsDefined(typeof(CompilerGeneratedAttribute)),
        PropertyInfo property => property.GetAccessors(nonPublic: true).Any(IsVisible),
        FieldInfo field => (field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly) && !field.IsSpecialName,
        EventInfo { AddMethod: { } add } => IsVisible(add),
        _ => false,
    });

    private static bool IsVisible(MethodBase method) =>
        method.IsPublic || ((method.IsFamily || method.IsFamilyOrAssembly) && method.DeclaringType is { IsSealed: false });

    // The one the compiler adds where there is none: it calls the base's, and sets what stands in initializers.
    private static bool IsImplicit(ConstructorInfo constructor) => constructor.DeclaringType?.GetConstructors(Declared).Count(other => !other.IsStatic) == 1;

    private static IEnumerable<string> FaultsOf(MemberInfo member, XElement said)
    {
        if (XmlDocs.TextOf(said.Element("summary")).Length == 0)
        {
            yield return "no summary";
        }

        bool isOperator = member.Name.StartsWith("op_", StringComparison.Ordinal);
        bool isEquality = member.Name == nameof(Equals);
        ParameterInfo[] parameters = member switch
        {
            MethodBase method when !isOperator && !isEquality => method.GetParameters(),
            PropertyInfo property => property.GetIndexParameters(),
            _ => [],
        };
        foreach (ParameterInfo parameter in parameters)
        {
            if (!said.Elements("param").Any(told => told.Attribute("name")?.Value == parameter.Name && XmlDocs.TextOf(told).Length > 0))
            {
                yield return $"nothing of parameter {parameter.Name}";
            }
        }

        MethodBase[] bodies = member switch
        {
            MethodBase method => [method],
            PropertyInfo property => property.GetAccessors(nonPublic: false),
            _ => [],
        };
        HashSet<string> documented = [.. said.Elements("exception").Select(exception => exception.Attribute("cref")?.Value ?? "")];
        foreach (Type thrown in bodies.SelectMany(ThrownExceptions.Of).Distinct().Where(thrown => !IsDocumented(thrown, documented)))
        {
            yield return $"throws {thrown.Name}, and does not tell";
        }
    }

    // A base class tells enough, but not that an argument must not be null.
    private static bool IsDocumented(Type thrown, HashSet<string> documented)
    {
        for (Type? type = thrown; type is not null && type != typeof(Exception); type = thrown == typeof(ArgumentNullException) ? null : type.BaseType)
        {
            if (documented.Contains(XmlDocs.IdOf(type)))
            {
                return true;
            }
        }

        return false;
    }

    private static IEnumerable<string> FaultsOfInherited(MemberInfo member)
    {
        bool inherits = member switch
        {
            MethodInfo method => method.GetBaseDefinition() != method || Implements(method),
            PropertyInfo property => property.GetAccessors(nonPublic: true).Any(accessor => accessor.GetBaseDefinition() != accessor || Implements(accessor)),
            _ => false,
        };
        return inherits ? [] : ["inherits documentation, and there is none to inherit"];
    }

    private static bool Implements(MethodInfo method) =>
        method.DeclaringType is { IsInterface: false } type && type.GetInterfaces().Any(parent => type.GetInterfaceMap(parent).TargetMethods.Contains(method));
}
