using System;
using GoAround.Core.Hosting;
using Xunit;

namespace GoAround.Core.Tests.Hosting;

public sealed class GoAroundOptionsTests
{
    [Fact]
    public void Step_that_is_null_is_refused_where_it_is_given() =>
        Assert.Throws<ArgumentNullException>("handler", () => new GoAroundOptions().Use(null!)); // what is tested
}
