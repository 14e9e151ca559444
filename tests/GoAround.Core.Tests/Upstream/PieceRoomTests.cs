using GoAround.Core.Upstream;
using Xunit;

namespace GoAround.Core.Tests.Upstream;

public sealed class PieceRoomTests
{
    [Fact]
    public void Fast_reader_of_a_long_body_gets_larger_pieces_and_a_slow_one_small_ones()
    {
        PieceRoom room = default;
        Assert.Equal(PieceRoom.Least, room.Bytes);
        room.OnTaken(PieceRoom.Least, PieceRoom.Most - 1, wasFast: true);
        Assert.Equal(PieceRoom.Least, room.Bytes); // not long yet
        for (int bytes = PieceRoom.Least; bytes < PieceRoom.Most; bytes *= 2)
        {
            Assert.Equal(bytes, room.Bytes);
            room.OnTaken(bytes - 1, PieceRoom.Most, wasFast: true);
            Assert.Equal(bytes, room.Bytes); // was not filled
            room.OnTaken(bytes, PieceRoom.Most, wasFast: true);
        }

        room.OnTaken(PieceRoom.Most, long.MaxValue, wasFast: true);
        Assert.Equal(PieceRoom.Most, room.Bytes);
        room.OnTaken(PieceRoom.Most, long.MaxValue, wasFast: false);
        Assert.Equal(PieceRoom.Most / 2, room.Bytes);
        for (int i = 0; i < 8; i++)
        {
            room.OnTaken(1, long.MaxValue, wasFast: false);
        }

        Assert.Equal(PieceRoom.Least, room.Bytes);
        room.OnTaken(PieceRoom.Least, long.MaxValue, wasFast: true);
        Assert.Equal(PieceRoom.Least * 2, room.Bytes); // at once again
    }
}
