using System;
using System.Collections.Generic;
using GoAround.Core.Http;
using Xunit;

namespace GoAround.Core.Tests.Http;

public class RejectionsTests
{
    [Theory]
    [InlineData(nameof(Rejection.BareLineFeed), 400)]
    [InlineData(nameof(Rejection.LengthAndTransferEncoding), 400)]
    [InlineData(nameof(Rejection.TransferEncodingInHttp10), 400)]
    [InlineData(nameof(Rejection.MissingHost), 400)]
    [InlineData(nameof(Rejection.InvalidVersion), 400)]
    [InlineData(nameof(Rejection.ChunkExtensionTooLong), 400)]
    [InlineData(nameof(Rejection.BodyTooLarge), 413)]
    [InlineData(nameof(Rejection.RequestLineTooLong), 414)]
    [InlineData(nameof(Rejection.HeadTooLarge), 431)]
    [InlineData(nameof(Rejection.TooManyFields), 431)]
    [InlineData(nameof(Rejection.TrailersTooLarge), 431)]
    [InlineData(nameof(Rejection.ConnectNotSupported), 501)]
    [InlineData(nameof(Rejection.UnknownTransferCoding), 501)]
    [InlineData(nameof(Rejection.UnsupportedVersion), 505)]
    public void A_rejection_has_its_status_code(string name, int expected) =>
        Assert.Equal(expected, Rejections.StatusCode(Enum.Parse<Rejection>(name)));

    [Fact]
    public void Every_rejection_has_an_error_status_and_a_line_of_its_own()
    {
        HashSet<string> lines = [Rejections.Describe((Rejection)255)];
        foreach (Rejection rejection in Enum.GetValues<Rejection>())
        {
            Assert.InRange(Rejections.StatusCode(rejection), 400, 505);
            string line = Rejections.Describe(rejection);
            Assert.True(FieldSyntax.IsValue(Feed.Bytes(line)));
            Assert.True(lines.Add(line), $"{rejection} has no line of its own.");
        }
    }
}
