using System.Collections.Generic;

namespace GoAround.Profile;

/// <summary>A method's name as the runtime writes it: `Namespace.Type`1+Nested[TypeArgument].Method[MethodArgument]`.</summary>
internal sealed record MethodName(string Type, IReadOnlyList<string> TypeArguments, string Method, IReadOnlyList<string> MethodArguments)
{
    public static MethodName Parse(string text)
    {
        (string rest, IReadOnlyList<string> methodArguments) = TakeArguments(text);
        int dot = DotBeforeMethod(rest);
        (string type, IReadOnlyList<string> typeArguments) = TakeArguments(rest[..dot]);
        return new MethodName(type, typeArguments, rest[(dot + 1)..], methodArguments);
    }

    /// <summary>A name and what stood in brackets behind it.</summary>
    public static (string Name, IReadOnlyList<string> Arguments) TakeArguments(string text)
    {
        if (!text.EndsWith(']'))
        {
            return (text, []);
        }

        int depth = 0;
        int open = text.Length - 1;
        for (; open >= 0; open--)
        {
            depth += text[open] switch { ']' => 1, '[' => -1, _ => 0 };
            if (depth == 0)
            {
                break;
            }
        }

        return (text[..open], Split(text[(open + 1)..^1]));
    }

    /// <summary>`Type.Method`, `Type..ctor`, `Type[Some.Argument].Method`, `Type+&lt;Some.Method&gt;d__1.Method`.</summary>
    private static int DotBeforeMethod(string text)
    {
        int bracket = text.LastIndexOf(']');
        if (bracket >= 0 && bracket + 1 < text.Length && text[bracket + 1] == '.')
        {
            return bracket + 1;
        }

        int depth = 0;
        int nested = text.LastIndexOf('+');
        for (int i = nested + 1; nested >= 0 && i < text.Length; i++)
        {
            depth += text[i] switch { '<' => 1, '>' => -1, _ => 0 };
            if (depth == 0 && text[i] == '.')
            {
                return i;
            }
        }

        int dot = text.LastIndexOf('.');
        return dot > 0 && text[dot - 1] == '.' ? dot - 1 : dot;
    }

    private static List<string> Split(string text)
    {
        List<string> parts = [];
        int depth = 0;
        int start = 0;
        for (int i = 0; i <= text.Length; i++)
        {
            char one = i < text.Length ? text[i] : ',';
            depth += one switch { '[' => 1, ']' => -1, _ => 0 };
            if (one == ',' && depth == 0)
            {
                parts.Add(text[start..i]);
                start = i + 1;
            }
        }

        return parts;
    }
}
