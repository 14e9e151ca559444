using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using System.Threading;

namespace GoAround.Core.Tests.Repository;

/// <summary>Which exceptions a method makes itself, read from its code: those it creates, and those of the guards it calls (<c>ThrowIf…</c>).</summary>
/// <remarks>Private methods of the same type count as its own. What it only lets through is not seen.</remarks>
internal static class ThrownExceptions
{
    private const BindingFlags Any = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static;

    private static readonly Dictionary<short, OpCode> OpCodesByValue =
        typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => code.Value); // every field is one

    /// <summary>The exceptions of a method, each once.</summary>
    public static IReadOnlySet<Type> Of(MethodBase method)
    {
        HashSet<Type> thrown = [];
        Collect(method, thrown, []);
        return thrown;
    }

    private static void Collect(MethodBase method, HashSet<Type> thrown, HashSet<MethodBase> seen)
    {
        if (!seen.Add(method))
        {
            return;
        }

        MethodBase body = method.GetCustomAttribute<StateMachineAttribute>()?.StateMachineType.GetMethod("MoveNext", Any) ?? method;
        foreach ((OpCode code, MethodBase called) in Calls(body))
        {
            Type? type = called.DeclaringType;
            bool isGuard = called.Name.StartsWith("ThrowIf", StringComparison.Ordinal);
            if (type?.IsAssignableTo(typeof(Exception)) is true && (code == OpCodes.Newobj || isGuard))
            {
                thrown.Add(type);
                if (called.Name.StartsWith("ThrowIfNullOr", StringComparison.Ordinal))
                {
                    thrown.Add(typeof(ArgumentNullException));
                }
            }
            else if (type == typeof(CancellationToken) && isGuard)
            {
                thrown.Add(typeof(OperationCanceledException));
            }
            else if (type?.Assembly == method.DeclaringType?.Assembly && (isGuard || (type == method.DeclaringType && called.IsPrivate)))
            {
                Collect(called, thrown, seen);
            }
        }
    }

    private static IEnumerable<(OpCode Code, MethodBase Called)> Calls(MethodBase method)
    {
        byte[] code = method.GetMethodBody()?.GetILAsByteArray() ?? [];
        int at = 0;
        while (at < code.Length)
        {
            OpCode op = OpCodesByValue[code[at] == 0xFE ? BinaryPrimitives.ReadInt16BigEndian(code.AsSpan(at)) : code[at]];
            at += op.Size;
            if (op.OperandType == OperandType.InlineMethod && Resolve(method, BitConverter.ToInt32(code, at)) is { } called)
            {
                yield return (op, called);
            }

            at += op.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
                _ => 4,
            };
        }
    }

    private static MethodBase? Resolve(MethodBase method, int token) =>
        method.Module.ResolveMethod(token, method.DeclaringType?.GetGenericArguments(), method.IsGenericMethod ? method.GetGenericArguments() : null);
}
