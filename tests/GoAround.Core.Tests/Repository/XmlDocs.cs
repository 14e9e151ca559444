using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace GoAround.Core.Tests.Repository;

/// <summary>What the compiler has written beside an assembly: the documentation of each member.</summary>
internal sealed partial class XmlDocs
{
    private readonly Dictionary<string, XElement> _members;

    private XmlDocs(XDocument file)
    {
        _members = file.Descendants("member").ToDictionary(member => member.Attribute("name")?.Value ?? "", StringComparer.Ordinal);
    }

    /// <summary>Reads the file beside an assembly.</summary>
    public static XmlDocs Of(Assembly assembly) => new(XDocument.Load(Path.ChangeExtension(assembly.Location, ".xml")));

    /// <summary>What is said of a type or a member; null: nothing.</summary>
    public XElement? Find(MemberInfo member) => _members.GetValueOrDefault(IdOf(member));

    /// <summary>An element as a reader sees it, in one line: a reference to a member is the member's name.</summary>
    public static string TextOf(XElement? element) => element is null ? "" : Space().Replace(Read(element), " ").Trim();

    /// <summary>The name of a type or a member in such a file (C# specification, annex D.4).</summary>
    public static string IdOf(MemberInfo member) => member switch
    {
        Type type => "T:" + NameOf(type),
        FieldInfo => "F:" + Qualified(member, member.Name),
        EventInfo => "E:" + Qualified(member, member.Name),
        PropertyInfo property => "P:" + Qualified(member, member.Name) + Parameters(property.GetIndexParameters()),
        ConstructorInfo constructor => "M:" + Qualified(member, "#ctor") + Parameters(constructor.GetParameters()),
        MethodInfo method => "M:" + Qualified(member, member.Name) + (method.IsGenericMethod ? "``" + method.GetGenericArguments().Length : "") + Parameters(method.GetParameters()),
        _ => throw new ArgumentException(member.Name),
    };

    private static string Read(XElement element) => string.Concat(element.Nodes().Select(node => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "see" or "paramref" } reference => reference.Attributes().First().Value.Split('(')[0].Split('.', ':')[^1],
        XElement inner => Read(inner),
        _ => "",
    }));

    private static string Qualified(MemberInfo member, string name) => $"{NameOf(member.DeclaringType ?? throw new ArgumentException(name))}.{name}";

    private static string NameOf(Type type) => (type.FullName ?? type.Name).Replace('+', '.');

    private static string Parameters(ParameterInfo[] parameters) =>
        parameters.Length == 0 ? "" : $"({string.Join(',', parameters.Select(parameter => Write(parameter.ParameterType)))})";

    private static string Write(Type type)
    {
        if (type.GetElementType() is { } element)
        {
            return Write(element) + (type.IsByRef ? "@" : "[]");
        }

        if (type.IsGenericParameter)
        {
            return (type.DeclaringMethod is null ? "`" : "``") + type.GenericParameterPosition;
        }

        return type.IsGenericType
            ? $"{NameOf(type.GetGenericTypeDefinition()).Split('`')[0]}{{{string.Join(',', type.GetGenericArguments().Select(Write))}}}"
            : NameOf(type);
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}
