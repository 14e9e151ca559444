using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using GoAround.Cli.Flags;
using GoAround.Cli.Tests.EndToEnd;
using GoAround.Core;
using GoAround.Core.Hosting;
using GoAround.Core.Tests.Repository;
using Xunit;

namespace GoAround.Cli.Tests.Flags;

/// <summary>What README.md, docs/limits.md and the library's own documentation tell of flags is what the program does.</summary>
public sealed class DocumentedFlagsTests
{
    // The README describes these in a row of its own kind: files, switches, and what stands alone.
    private static readonly string[] ReadmeAlone = ["bind", "b", "p", "cacert", "privkey", "backend-ca", "cache"];

    private static readonly XmlDocs Docs = XmlDocs.Of(typeof(GoAroundOptions).Assembly);

    public static TheoryData<string> Limits =>
        [.. FlagTable.All.Where(flag => flag.Property is not null && !ReadmeAlone.Contains(flag.Name)).Select(flag => flag.Name)];

    public static TheoryData<string> OptionFlags => [.. FlagTable.All.Where(flag => flag.Property is not null).Select(flag => flag.Name)];

    [Theory]
    [MemberData(nameof(Limits))]
    public void Page_of_limits_tells_option_default_range_and_source_of_a_flag(string name)
    {
        Flag flag = FlagTable.Find(name) ?? throw new ArgumentException(name);
        string[] row = Assert.Single(Rows("docs/limits.md"), row => row[0] == $"`-{name}`");

        Assert.Equal($"`{flag.Property}`", row[1]);
        Assert.Equal(flag.Default, Plain(row[2]));
        Assert.Contains(row[3], flag.Allowed, StringComparison.Ordinal);
        Assert.NotEqual("", row[3]);
        Assert.NotEqual("", row[4]);
        Assert.Equal(flag.Source, row[5]);
    }

    // Default and range need no look here: the library's own tests hold them to the options, and so do those of the flags.
    [Theory]
    [MemberData(nameof(OptionFlags))]
    public void Documentation_of_an_option_names_its_flag_and_tells_the_same_source(string name)
    {
        Flag flag = FlagTable.Find(name) ?? throw new ArgumentException(name);
        PropertyInfo? option = null;
        foreach (string part in (flag.Property ?? "").Split('.'))
        {
            option = (option?.PropertyType ?? typeof(GoAroundOptions)).GetProperty(part);
        }

        string told = XmlDocs.TextOf(Docs.Find(option ?? throw new ArgumentException(name))?.Element("summary"));
        Assert.Matches($@"\([^)]*-{name}[,)]", told);
        if (flag.Source != "-")
        {
            Assert.Contains(WithoutQuotes(flag.Source), WithoutQuotes(told), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_flag_is_in_the_readme_or_on_the_page_of_limits()
    {
        HashSet<string> told = [.. Rows("README.md").Concat(Rows("docs/limits.md")).SelectMany(row => row[0].Split(", ")).Select(Plain)];

        Assert.Equal([], FlagTable.All.Select(flag => "-" + flag.Name).Where(flag => !told.Contains(flag)));
        Assert.Equal([], told.Where(flag => flag.StartsWith('-') && FlagTable.Find(flag[1..]) is null));
    }

    [Fact]
    public void Defaults_in_the_readme_are_those_of_the_program()
    {
        foreach (string[] row in Rows("README.md").Where(row => row[0].StartsWith("`-", StringComparison.Ordinal) && row[1].Length > 0))
        {
            string[] defaults = Plain(row[1]).Split(", ");
            string[] names = Plain(row[0]).Split(", ");
            for (int i = 0; i < names.Length; i++)
            {
                Assert.Equal((names[i], FlagTable.Find(names[i][1..])?.Default), (names[i], defaults[Math.Min(i, defaults.Length - 1)]));
            }
        }
    }

    [Fact]
    public void Page_of_limits_tells_every_cause_of_an_own_error()
    {
        string page = File.ReadAllText(Path.Combine(Repository.Root, "docs/limits.md"));

        // As RFC 9209 writes them: HttpRequestError is http_request_error.
        Assert.All(
            Enum.GetNames<ProxyError>().Where(name => name != nameof(ProxyError.None)),
            name => Assert.Contains($"`{string.Concat(name.Select((c, i) => char.IsUpper(c) && i > 0 ? "_" + c : c.ToString())).ToLowerInvariant()}`", page, StringComparison.Ordinal));
    }

    // The cells of each row of each table; a bar within a cell does not occur.
    private static IEnumerable<string[]> Rows(string page) => File.ReadLines(Path.Combine(Repository.Root, page))
        .Where(line => line.StartsWith("| ", StringComparison.Ordinal))
        .Select(line => line.Trim('|', ' ').Split('|', StringSplitOptions.TrimEntries));

    private static string WithoutQuotes(string text) => text.Replace("'", "", StringComparison.Ordinal);

    private static string Plain(string cell) => cell.Replace("`", "", StringComparison.Ordinal);
}
