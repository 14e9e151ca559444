using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;

namespace GoAround.Core.Tests.Repository;

/// <summary>Writes types as C# does, with what may be null marked.</summary>
internal static class TypeText
{
    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
        [typeof(bool)] = "bool",
        [typeof(char)] = "char",
        [typeof(byte)] = "byte",
        [typeof(sbyte)] = "sbyte",
        [typeof(short)] = "short",
        [typeof(ushort)] = "ushort",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
        [typeof(decimal)] = "decimal",
    };

    /// <summary>The type of a parameter, or of what a method returns; without ref, in and out.</summary>
    public static string Write(ParameterInfo parameter) => Write(parameter.ParameterType, new NullabilityInfoContext().Create(parameter));

    /// <summary>The type of a property.</summary>
    public static string Write(PropertyInfo property) => Write(property.PropertyType, new NullabilityInfoContext().Create(property));

    /// <summary>The type of a field.</summary>
    public static string Write(FieldInfo field) => Write(field.FieldType, new NullabilityInfoContext().Create(field));

    /// <summary>The type of an event.</summary>
    public static string Write(EventInfo @event) => Write(@event.EventHandlerType ?? typeof(void), new NullabilityInfoContext().Create(@event));

    /// <summary>A type by itself.</summary>
    public static string Write(Type type, bool isQualified = false) =>
        (isQualified && type.Namespace is { Length: > 0 } space ? space + "." : "") + Write(type, nullability: null);

    /// <summary>The type parameters of a generic method, or nothing.</summary>
    public static string WriteParameters(MethodInfo method) =>
        method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(argument => argument.Name))}>" : "";

    private static string Write(Type type, NullabilityInfo? nullability)
    {
        if (type.IsByRef && type.GetElementType() is { } referred)
        {
            return Write(referred, nullability);
        }

        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return Write(underlying, nullability: null) + "?";
        }

        string mark = nullability?.ReadState == NullabilityState.Nullable && !type.IsValueType && !type.IsGenericParameter ? "?" : "";
        if (type.IsArray && type.GetElementType() is { } element)
        {
            return Write(element, nullability?.ElementType) + "[]" + mark;
        }

        if (Keywords.TryGetValue(type, out string? keyword))
        {
            return keyword + mark;
        }

        string name = type.Name.Split('`')[0];
        if (type is { IsNested: true, IsGenericParameter: false, DeclaringType: { } outer })
        {
            name = Write(outer, nullability: null) + "." + name;
        }

        Type[] arguments = type.GetGenericArguments();
        if (arguments.Length > 0)
        {
            NullabilityInfo[]? known = nullability?.GenericTypeArguments;
            name += $"<{string.Join(", ", arguments.Select((argument, i) => Write(argument, known?.ElementAtOrDefault(i))))}>";
        }

        return name + mark;
    }
}
