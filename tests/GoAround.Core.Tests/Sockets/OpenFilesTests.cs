using GoAround.Core.Sockets;
using Xunit;

namespace GoAround.Core.Tests.Sockets;

public sealed class OpenFilesTests
{
    [Theory]
    [InlineData("Limit                     Soft Limit           Hard Limit           Units\nMax open files            20000                30000                files\n", 20000)]
    [InlineData("Max open files            unlimited            unlimited            files\n", null)]
    [InlineData("Max processes             95967                95967                processes\n", null)]
    public void Soft_limit_is_read_as_the_kernel_writes_it(string limits, int? expected) => Assert.Equal(expected, OpenFiles.Parse(limits));

    [Theory]
    [InlineData(20000, 100, 14900)]
    [InlineData(200, 90, 46)]
    [InlineData(100, 90, 1)]
    public void Room_is_left_for_backends_and_the_runtime(int limit, int open, int expected) =>
        Assert.Equal(expected, OpenFiles.RoomForClients(limit, open));
}
