using System;
using System.Collections.Generic;
using System.Net;
using System.Runtime.CompilerServices;
using GoAround.Core.Hosting;

namespace GoAround.Cli.Flags;

/// <summary>
/// Makes a flag for an option of Core. Its default is read from the option, and the range it checks is the one it tells, so that
/// each is said once; a test compares the range with what Core's validator takes.
/// </summary>
internal static class OptionFlag
{
    /// <summary>The longest delay there is: what a timer of the framework can hold.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(24);

    private const string Off = "off";

    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);
    private static readonly GoAroundOptions Defaults = new();

    /// <summary>A port, or 0 for a free one.</summary>
    public static Flag Port(
        string name, Func<GoAroundOptions, int> get, Action<GoAroundOptions, int> set, string source, string text,
        [CallerArgumentExpression(nameof(get))] string property = "") =>
        Make(name, "PORT", "a port in 0..65535", FlagText.Of(get(Defaults)), source, text, property, value => FlagReader.Number(value, 0, 65535), set);

    /// <summary>An address to listen on.</summary>
    public static Flag Address(
        string name, Func<GoAroundOptions, IPAddress> get, Action<GoAroundOptions, IPAddress> set, string source, string text,
        [CallerArgumentExpression(nameof(get))] string property = "")
    {
        Flag flag = new(name, "ADDRESS", "an IPv4 or IPv6 address", get(Defaults).ToString(), source, text) { Property = Path(property) };
        return flag with { Apply = (options, value) => set(options, FlagReader.Address(value) ?? throw flag.Refuse(value)) };
    }

    /// <summary>A whole number.</summary>
    public static Flag Number(
        string name, int min, int max, Func<GoAroundOptions, int> get, Action<GoAroundOptions, int> set, string source, string text,
        [CallerArgumentExpression(nameof(get))] string property = "") =>
        Make(name, "COUNT", $"a whole number in {min}..{max}", FlagText.Of(get(Defaults)), source, text, property, value => FlagReader.Number(value, min, max), set);

    /// <summary>A whole number, or none at all.</summary>
    public static Flag NumberOrOff(
        string name, int min, int max, Func<GoAroundOptions, int?> get, Action<GoAroundOptions, int?> set, string source, string text,
        [CallerArgumentExpression(nameof(get))] string property = "") =>
        OrOff(
            set,
            Make(name, "COUNT", $"a whole number in {min}..{max}, or 'off'", get(Defaults) is { } number ? FlagText.Of(number) : Off, source, text, property,
                value => FlagReader.Number(value, min, max), (options, number) => set(options, number)));

    /// <summary>Bytes.</summary>
    public static Flag Size(
        string name, int min, int max, Func<GoAroundOptions, int> get, Action<GoAroundOptions, int> set, string source, string text,
        [CallerArgumentExpression(nameof(get))] string property = "") =>
        Make(name, "SIZE", $"a size in {FlagText.OfSize(min)}..{FlagText.OfSize(max)}, such as 16k", FlagText.OfSize(get(Defaults)), source, text, property,
            value => FlagReader.Size(value, min, max), (options, size) => set(options, (int)size));

    /// <summary>Bytes, also more than an int holds.</summary>
    public static Flag Size(
        string name, long min, long max, Func<GoAroundOptions, long> get, Action<GoAroundOptions, long> set, string source, string text,
        [CallerArgumentExpression(nameof(get))] string property = "") =>
        Make(name, "SIZE", $"a size in {FlagText.OfSize(min)}..{FlagText.OfSize(max)}, such as 64m", FlagText.OfSize(get(Defaults)), source, text, property,
            value => FlagReader.Size(value, min, max), set);

    /// <summary>Bytes without an upper bound, or none at all.</summary>
    public static Flag SizeOrOff(
        string name, Func<GoAroundOptions, long?> get, Action<GoAroundOptions, long?> set, string source, string text,
        [CallerArgumentExpression(nameof(get))] string property = "") =>
        OrOff(
            set,
            Make(name, "SIZE", "a size of 0 or more, such as 64k, 10m or 2g, or 'off'", get(Defaults) is { } size ? FlagText.OfSize(size) : Off, source, text, property,
                value => FlagReader.Size(value, 0, long.MaxValue), (options, size) => set(options, size)));

    /// <summary>A share.</summary>
    public static Flag Share(
        string name, Func<GoAroundOptions, double> get, Action<GoAroundOptions, double> set, string source, string text,
        [CallerArgumentExpression(nameof(get))] string property = "") =>
        Make(name, "SHARE", "a number in 0..1, such as 0.2", FlagText.Of(get(Defaults)), source, text, property, value => FlagReader.Fraction(value, 0, 1), set);

    /// <summary>A duration above zero, up to what a timer can hold.</summary>
    public static Flag Delay(
        string name, Func<GoAroundOptions, TimeSpan> get, Action<GoAroundOptions, TimeSpan> set, string source, string text,
        [CallerArgumentExpression(nameof(get))] string property = "") =>
        Duration(name, Shortest, Longest, get, set, source, text, property);

    /// <summary>A duration.</summary>
    public static Flag Duration(
        string name, TimeSpan min, TimeSpan max, Func<GoAroundOptions, TimeSpan> get, Action<GoAroundOptions, TimeSpan> set, string source, string text,
        [CallerArgumentExpression(nameof(get))] string property = "") =>
        Make(name, "DURATION", $"a duration in {FlagText.Of(min)}..{FlagText.Of(max)}, such as 500ms, 10s or 2m", FlagText.Of(get(Defaults)), source, text, property,
            value => FlagReader.Duration(value, min, max), set);

    /// <summary>One of a few words.</summary>
    public static Flag Choice<T>(
        string name, string argument, Func<GoAroundOptions, T> get, Action<GoAroundOptions, T> set, string source, string text, (string Word, T Value)[] choices,
        [CallerArgumentExpression(nameof(get))] string property = "")
        where T : struct
    {
        string[] words = Array.ConvertAll(choices, static choice => choice.Word);
        string preset = words[Array.FindIndex(choices, choice => choice.Value.Equals(get(Defaults)))];
        return Make(name, argument, $"{string.Join(", ", words[..^1])} or {words[^1]}", preset, source, text, property, value => FlagReader.Choice(value, choices), set);
    }

    /// <summary>Text of any other kind, which <c>read</c> gives back as it goes into the option; null where it is not allowed.</summary>
    public static Flag Word(
        string name, string argument, string allowed, Func<string, string?> read, Func<GoAroundOptions, string> get, Action<GoAroundOptions, string> set,
        string source, string text, [CallerArgumentExpression(nameof(get))] string property = "")
    {
        Flag flag = new(name, argument, allowed, get(Defaults), source, text) { Property = Path(property) };
        return flag with { Apply = (options, value) => set(options, read(value) ?? throw flag.Refuse(value)) };
    }

    /// <summary>Texts, all of which are added to the option.</summary>
    public static Flag List(
        string name, string argument, string allowed, Func<string, bool> isAllowed, Func<GoAroundOptions, IList<string>> get, string text,
        [CallerArgumentExpression(nameof(get))] string property = "")
    {
        Flag flag = new(name, argument, allowed, "none", "-", text) { IsList = true, Property = Path(property) };
        return flag with
        {
            Apply = (options, values) =>
            {
                foreach (string value in values.Split(',', StringSplitOptions.TrimEntries))
                {
                    get(options).Add(isAllowed(value) ? value : throw flag.Refuse(value));
                }
            },
        };
    }

    private static Flag Make<T>(
        string name, string argument, string allowed, string preset, string source, string text, string property, Func<string, T?> read, Action<GoAroundOptions, T> set)
        where T : struct
    {
        Flag flag = new(name, argument, allowed, preset, source, text) { Property = Path(property) };
        return flag with { Apply = (options, value) => set(options, read(value) ?? throw flag.Refuse(value)) };
    }

    private static Flag OrOff<T>(Action<GoAroundOptions, T?> set, Flag flag)
        where T : struct =>
        flag with
        {
            Apply = (options, value) =>
            {
                if (value == Off)
                {
                    set(options, null);
                }
                else
                {
                    flag.Apply?.Invoke(options, value);
                }
            },
        };

    // The getter's text, "o => o.Server.MaxFields", says which option it is.
    private static string Path(string getter) => getter[(getter.IndexOf("=> o.", StringComparison.Ordinal) + "=> o.".Length)..];
}
