using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace GoAround.Core.Tests.Repository;

/// <summary>The public API of an assembly as sorted lines of text, each complete in itself, so that a difference reads as what changed.</summary>
internal static class PublicApi
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>Writes one line for each public type and each member that users can call or override.</summary>
    public static IReadOnlyList<string> Describe(IEnumerable<Type> types) =>
        [.. types.Where(type => type.IsVisible).SelectMany(Describe).Order(StringComparer.Ordinal)];

    private static IEnumerable<string> Describe(Type type)
    {
        string name = TypeText.Write(type, isQualified: true);
        yield return name + ": " + DescribeType(type);
        if (type.IsEnum)
        {
            foreach (FieldInfo value in type.GetFields(BindingFlags.Public | BindingFlags.Static))
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"{name}.{value.Name} = {value.GetRawConstantValue()}");
            }
        }
        else if (!type.IsSubclassOf(typeof(Delegate)))
        {
            foreach (MemberInfo member in type.GetMembers(Declared).Where(member => !member.IsDefined(typeof(CompilerGeneratedAttribute))))
            {
                if (DescribeMember(member) is { } line)
                {
                    yield return $"{name}.{line}";
                }
            }
        }
    }

    private static string DescribeType(Type type)
    {
        if (type.IsSubclassOf(typeof(Delegate)))
        {
            MethodInfo invoke = type.GetMethod("Invoke")!; // every delegate has one
            return $"delegate ({Parameters(invoke)}) -> {TypeText.Write(invoke.ReturnParameter)}";
        }

        string kind = type.IsEnum ? "enum"
            : type.IsInterface ? "interface"
            : type.IsValueType ? (type.IsDefined(typeof(IsReadOnlyAttribute)) ? "readonly " : "") + (type.IsByRefLike ? "ref struct" : "struct")
            : type is { IsAbstract: true, IsSealed: true } ? "static class"
            : (type.IsAbstract ? "abstract " : type.IsSealed ? "sealed " : "") + "class";
        IEnumerable<Type> parents = type.IsEnum
            ? [type.GetEnumUnderlyingType()]
            : type.GetInterfaces().Where(parent => parent.IsVisible && !IsInherited(type, parent));
        if (type.BaseType is { } above && above != typeof(object) && above != typeof(ValueType) && above != typeof(Enum))
        {
            parents = parents.Prepend(above);
        }

        string list = string.Join(", ", parents.Select(parent => TypeText.Write(parent)).Order(StringComparer.Ordinal));
        return list.Length > 0 ? $"{kind} : {list}" : kind;
    }

    private static bool IsInherited(Type type, Type parent) =>
        type.BaseType?.IsAssignableTo(parent) == true || type.GetInterfaces().Any(other => other != parent && other.IsAssignableTo(parent));

    private static string? DescribeMember(MemberInfo member) => member switch
    {
        ConstructorInfo constructor when IsVisible(constructor) => $"{Modifiers(constructor)}new({Parameters(constructor)})",
        MethodInfo method when IsVisible(method) && (!method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal)) =>
            $"{Modifiers(method)}{method.Name}{TypeText.WriteParameters(method)}({Parameters(method)}) -> {TypeText.Write(method.ReturnParameter)}",
        PropertyInfo property when Accessors(property) is { Length: > 0 } accessors =>
            $"{Modifiers(property.GetAccessors(nonPublic: true)[0])}{property.Name}{Index(property)} {{{accessors} }} -> {TypeText.Write(property)}",
        FieldInfo field when field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly =>
            $"{(field.IsLiteral ? "const " : field.IsStatic ? "static " : "")}{(field.IsInitOnly ? "readonly " : "")}{field.Name}{Constant(field)} -> {TypeText.Write(field)}",
        EventInfo { AddMethod: { } add } @event when IsVisible(add) => $"{Modifiers(add)}event {@event.Name} -> {TypeText.Write(@event)}",
        _ => null,
    };

    private static bool IsVisible(MethodBase method) =>
        method.IsPublic || ((method.IsFamily || method.IsFamilyOrAssembly) && method.DeclaringType is { IsSealed: false });

    private static string Modifiers(MethodBase method)
    {
        string access = method.IsPublic ? "" : "protected ";
        if (method.DeclaringType is { IsInterface: true })
        {
            return method.IsStatic ? "static " : "";
        }

        if (method.IsStatic)
        {
            return access + "static ";
        }

        bool isOverride = method is MethodInfo info && info.GetBaseDefinition() != info;
        return access + (method switch
        {
            { IsAbstract: true } => isOverride ? "abstract override " : "abstract ",
            { IsVirtual: true, IsFinal: false } => isOverride ? "override " : "virtual ",
            _ => "",
        });
    }

    private static string Accessors(PropertyInfo property)
    {
        string text = "";
        if (property.GetMethod is { } get && IsVisible(get))
        {
            text += " get;";
        }

        if (property.SetMethod is { } set && IsVisible(set))
        {
            bool isInit = set.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit));
            text += (set.IsPublic ? " " : " protected ") + (isInit ? "init;" : "set;");
        }

        return property.IsDefined(typeof(RequiredMemberAttribute)) ? " required;" + text : text;
    }

    private static string Index(PropertyInfo property) =>
        property.GetIndexParameters() is { Length: > 0 } parameters ? $"[{string.Join(", ", parameters.Select(Parameter))}]" : "";

    private static string Parameters(MethodBase method) =>
        (method.IsDefined(typeof(ExtensionAttribute)) ? "this " : "") + string.Join(", ", method.GetParameters().Select(Parameter));

    private static string Parameter(ParameterInfo parameter)
    {
        string passing = parameter switch
        {
            { IsOut: true, ParameterType.IsByRef: true } => "out ",
            { IsIn: true, ParameterType.IsByRef: true } => "in ",
            { ParameterType.IsByRef: true } => "ref ",
            _ => parameter.IsDefined(typeof(ParamArrayAttribute)) ? "params " : "",
        };
        return $"{passing}{TypeText.Write(parameter)} {parameter.Name}{(parameter.HasDefaultValue ? " = " + Literal(parameter.RawDefaultValue) : "")}";
    }

    private static string Constant(FieldInfo field) => field.IsLiteral ? " = " + Literal(field.GetRawConstantValue()) : "";

    private static string Literal(object? value) => value switch
    {
        null => "default",
        string text => $"\"{text}\"",
        bool flag => flag ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}
