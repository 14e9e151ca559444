using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Reflection;
using System.Text.RegularExpressions;
using GoAround.Core.Hosting;
using GoAround.Core.Tests.Repository;
using Microsoft.Extensions.Options;
using Xunit;

namespace GoAround.Core.Tests.Hosting;

/// <summary>
/// What the documentation of an option tells is so: <c>What it counts, (flag); 1 ms..24 days; default 10 s (its source).</c> The default is that of a new object, and the range
/// is the one the validator takes. That the flags say the same is held by the tests of the command.
/// </summary>
public sealed partial class DocumentedOptionsTests
{
    private static readonly XmlDocs Docs = XmlDocs.Of(typeof(GoAroundOptions).Assembly);
    private static readonly Dictionary<string, Option> All = Find(new GoAroundOptions(), "").ToDictionary(option => option.Path);

    public static TheoryData<string> Options => [.. All.Keys];

    public static TheoryData<string> Ranges => [.. All.Values.Where(option => IsNumber(option.Type) || option.Type == typeof(TimeSpan)).Select(option => option.Path)];

    [Fact]
    public void Every_class_of_options_is_among_them()
    {
        IEnumerable<Type> classes = typeof(GoAroundOptions).Assembly.GetTypes().Where(type => type.IsVisible && type.Name.EndsWith("Options", StringComparison.Ordinal));

        Assert.Equal(classes.Select(type => type.Name).Order(), All.Values.Select(option => option.Property.DeclaringType?.Name).Distinct().Order());
    }

    [Theory]
    [MemberData(nameof(Options))]
    public void Default_that_is_told_is_the_real_one(string path)
    {
        Option option = All[path];
        Match told = Default().Match(option.Text);
        Assert.True(told.Success, $"tells no default: {option.Text}");

        object? real = option.Property.GetValue(option.OwnerIn(new GoAroundOptions()));
        Assert.Equal(Show(real), Normal(option.Type, told.Groups["value"].Value));
    }

    [Theory]
    [MemberData(nameof(Options))]
    public void Default_has_a_source(string path)
    {
        Option option = All[path];
        bool isChoice = option.Type.IsValueType && option.Type != typeof(bool);

        Assert.True(Default().Match(option.Text).Groups["source"].Success || !(isChoice || option.Type == typeof(string)), $"tells no source of its default: {option.Text}");
    }

    [Theory]
    [MemberData(nameof(Ranges))]
    public void Range_that_is_told_is_what_the_validator_takes(string path)
    {
        Option option = All[path];
        Match range = Assert.Single(Range().Matches(option.Text));
        decimal min = Amount(range.Groups["min"].Value);
        decimal max = Amount(range.Groups["max"].Value);
        decimal step = option.Type == typeof(TimeSpan) ? 1m / TimeSpan.TicksPerMillisecond : option.Type == typeof(double) ? 0.001m : 1;

        Assert.Empty(Complaints(option, min));
        Assert.Empty(Complaints(option, max));
        Assert.Contains($"{path} (-", Assert.Single(Complaints(option, min - step)), StringComparison.Ordinal);
        if (max < long.MaxValue && (option.Type != typeof(int) || max < int.MaxValue))
        {
            Assert.Contains($"{path} (-", Assert.Single(Complaints(option, max + step)), StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Ranges))]
    public void Unit_is_told(string path)
    {
        Option option = All[path];
        if (option.Type == typeof(TimeSpan))
        {
            Assert.Matches("(ms|s|h|days)$", Range().Match(option.Text).Value);
        }
        else
        {
            Assert.Matches("^(Bytes|Client connections|Connections|Fields|Requests|Retries|The port|The share)\\b", option.Text);
        }
    }

    [Theory]
    [MemberData(nameof(Ranges))]
    public void What_null_means_is_told_where_it_may_be_null(string path) =>
        Assert.Equal(Nullable.GetUnderlyingType(All[path].Property.PropertyType) is not null, All[path].Text.Contains("null for no limit", StringComparison.Ordinal));

    // Groups hold others; what is left is what can be set, alone or as a list.
    private static IEnumerable<Option> Find(object owner, string prefix) => owner.GetType().GetProperties().SelectMany(property =>
        property.SetMethod is null && property.GetValue(owner) is { } group and not IEnumerable
            ? Find(group, property.Name + ".")
            : [new Option(prefix + property.Name, property)]);

    private static IEnumerable<string> Complaints(Option option, decimal amount)
    {
        GoAroundOptions options = new();
        object value = option.Type == typeof(TimeSpan)
            ? TimeSpan.FromTicks((long)(amount * TimeSpan.TicksPerMillisecond))
            : Convert.ChangeType(amount, option.Type, CultureInfo.InvariantCulture);
        option.Property.SetValue(option.OwnerIn(options), value);
        ValidateOptionsResult verdict = new GoAroundOptionsValidator().Validate(null, options);
        return verdict.Failures ?? [];
    }

    private static bool IsNumber(Type type) => type == typeof(int) || type == typeof(long) || type == typeof(double);

    private static string Normal(Type type, string told) =>
        told != "null" && (type == typeof(TimeSpan) || IsNumber(type)) ? Amount(told).ToString("0.####", CultureInfo.InvariantCulture) : told;

    private static string Show(object? value) => value switch
    {
        null => "null",
        TimeSpan time => time.TotalMilliseconds.ToString("0.####", CultureInfo.InvariantCulture),
        string text => text,
        bool flag => flag ? "true" : "false",
        ICollection list => list.Count == 0 ? "none" : $"{list.Count} entries",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    // Times in milliseconds, all else in ones.
    private static decimal Amount(string told)
    {
        string[] parts = told.Split(' ');
        return decimal.Parse(parts[0], CultureInfo.InvariantCulture) * parts.ElementAtOrDefault(1) switch
        {
            null or "ms" => 1,
            "s" => 1000,
            "h" => 3_600_000,
            "days" => 86_400_000,
            "KiB" => 1L << 10,
            "MiB" => 1L << 20,
            "GiB" => 1L << 30,
            "TiB" => 1L << 40,
            var unit => throw new FormatException($"'{unit}' is no unit"),
        };
    }

    [GeneratedRegex(@"\bdefault (?<value>(\d+(\.\d+)?( (ms|s|h|days|KiB|MiB|GiB|TiB))?|[\w/-]+|::))(?: \((?<source>[^)]+)\))?(?=[.:,;])")]
    private static partial Regex Default();

    [GeneratedRegex(@"(?<min>\d+(\.\d+)?( (ms|s|h|days|KiB|MiB|GiB|TiB))?)\.\.(?<max>\d+(\.\d+)?( (ms|s|h|days|KiB|MiB|GiB|TiB))?)")]
    private static partial Regex Range();

    private sealed record Option(string Path, PropertyInfo Property)
    {
        public Type Type => Nullable.GetUnderlyingType(Property.PropertyType) ?? Property.PropertyType;

        public string Text => XmlDocs.TextOf(Docs.Find(Property)?.Element("summary"));

        public object OwnerIn(GoAroundOptions options) =>
            Path.Split('.') is [var group, _] ? typeof(GoAroundOptions).GetProperty(group)?.GetValue(options) ?? options : options;
    }
}
