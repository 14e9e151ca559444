using System;
using Xunit;

namespace GoAround.Core.Tests.Repository;

public class EventIdsTests
{
    [Fact]
    public void Every_log_message_has_an_id_of_its_own()
    {
        string[] faults = [.. EventIds.FindFaults(RepositoryFiles.Shipped)];

        Assert.True(faults.Length == 0, string.Join('\n', faults));
    }

    [Theory]
    [InlineData("[LoggerMessage(7, LogLevel.Debug, \"(a)\")]", "[LoggerMessage(EventId = 7, Level = LogLevel.Debug)]")]
    [InlineData("[LoggerMessage(eventId: 7, level: LogLevel.Debug, message: \"\")]", "[LoggerMessage(Level = LogLevel.Debug, Message = \"EventId = 8\", EventId = 7)]")]
    public void Id_used_twice_is_found_however_it_is_written(string one, string other)
    {
        string fault = Assert.Single(EventIds.FindFaults([Log("A", one), Log("B", other)]));

        Assert.Equal("src/B/RoomLog.cs(2): event id 7 is taken by src/A/RoomLog.cs(2)", fault);
    }

    [Theory]
    [InlineData("[LoggerMessage(LogLevel.Debug, \"EventId = 3\")]")]
    [InlineData("[LoggerMessage(Level = LogLevel.Debug, Message = \"a\")]")]
    [InlineData("[LoggerMessage]")]
    public void Message_without_an_id_is_found(string attribute)
    {
        Assert.Contains("without an event id", Assert.Single(EventIds.FindFaults([Log("A", attribute)])), StringComparison.Ordinal);
    }

    [Fact]
    public void Message_outside_a_log_class_is_found()
    {
        Assert.Single(EventIds.FindFaults([new SourceFile("src/A/Ring.cs", "class Ring { [LoggerMessage(1, LogLevel.Debug, \"a\")] void A(); }")]));
    }

    [Fact]
    public void Different_ids_are_no_fault()
    {
        Assert.Empty(EventIds.FindFaults([Log("A", "[LoggerMessage(1, LogLevel.Debug, \"a\")]"), Log("B", "// [LoggerMessage(1)]\n[LoggerMessage(2, LogLevel.Debug, \"b\")]")]));
    }

    private static SourceFile Log(string room, string attribute) =>
        new($"src/{room}/RoomLog.cs", $"static partial class RoomLog {{\n{attribute} static partial void A(ILogger logger); }}");
}
