using System;
using System.IO;
using System.Linq;
using Xunit;

namespace GoAround.Core.Tests.Repository;

public class AttackPageTests
{
    [Fact]
    public void Page_of_the_attacks_lists_every_script()
    {
        string page = File.ReadAllText(RepositoryFiles.PathOf("tests/attack/README.md"));
        string[] missing =
        [
            .. Directory.GetFiles(RepositoryFiles.PathOf("tests/attack"), "*.py")
                .Select(Path.GetFileName)
                .OfType<string>()
                .Where(name => !page.Contains($"`{name}`", StringComparison.Ordinal)),
        ];

        Assert.True(missing.Length == 0, string.Join('\n', missing));
    }
}
