using GoAround.Core.Http;
using Xunit;

namespace GoAround.Core.Tests.Http;

public class UpgradeOfferTests
{
    [Theory]
    [InlineData("websocket", "websocket", true)]
    [InlineData("websocket", "WebSocket", true)]
    [InlineData("a, b/1 , c", "B/2", true)]
    [InlineData("tls, foo", "TLS/1.2, foo", true)]
    [InlineData("websocket", "", false)]
    [InlineData("", "websocket", false)]
    [InlineData("websocket", "socket", false)]
    [InlineData("websocket", "websocket, evil", false)]
    [InlineData("websocket", "websocket,", false)]
    [InlineData("a/1", "1", false)]
    public void An_answer_names_only_what_was_offered(string offered, string answered, bool expected) =>
        Assert.Equal(expected, UpgradeOffer.Covers(Feed.Bytes(offered), Feed.Bytes(answered)));
}
