using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;
using Xunit;

namespace GoAround.Core.Tests.Repository;

public sealed partial class MockedInterfacesTests
{
    [Fact]
    public void Every_public_interface_is_mocked_in_a_test_that_shows_how()
    {
        IEnumerable<string> interfaces = typeof(ProxyHandler).Assembly.GetTypes().Where(type => type.IsInterface && type.IsVisible).Select(type => type.Name);
        HashSet<string> mocked = [.. RepositoryFiles.All.SelectMany(file => Mock().Matches(file.Text))
            .SelectMany(match => match.Groups["types"].Value.Split(", ", StringSplitOptions.None))];

        Assert.Equal([], interfaces.Except(mocked));
    }

    [GeneratedRegex(@"Substitute\.For<(?<types>[^<>]+)>")]
    private static partial Regex Mock();
}
