using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using GoAround.Core.Tests.Repository;
using Xunit;

namespace GoAround.AspNetCore.Tests;

public class PublicApiTests
{
    private const string Baseline = "src/GoAround.AspNetCore/PublicApi.txt";

    [Fact]
    public void Public_api_is_the_one_that_is_checked_in()
    {
        IReadOnlyList<string> actual = PublicApi.Describe(typeof(BalancerExtensions).Assembly.GetTypes());
        string path = RepositoryFiles.PathOf(Baseline);
        if (Environment.GetEnvironmentVariable("GOAROUND_ACCEPT_API") == "1")
        {
            File.WriteAllLines(path, actual);
        }

        string[] accepted = File.Exists(path) ? File.ReadAllLines(path) : [];
        Assert.True(accepted.SequenceEqual(actual), $"The public API is not that of {Baseline}. Wanted? GOAROUND_ACCEPT_API=1 make test, and commit the file.\n{string.Join('\n', actual.Except(accepted))}");
    }

    [Fact]
    public void Every_public_member_tells_what_it_is_for_its_parameters_and_what_it_throws()
    {
        string faults = string.Join('\n', DocumentedApi.Faults(typeof(BalancerExtensions).Assembly.GetTypes(), XmlDocs.Of(typeof(BalancerExtensions).Assembly)));

        Assert.True(faults.Length == 0, $"The XML documentation has faults:\n{faults}");
    }
}
