namespace GoAround.Core.Http;

/// <summary>What the search for the end of a line found.</summary>
internal enum LineStatus : byte
{
    NeedMore,
    Line,
    TooLong,
    BareLineFeed,
    BareCarriageReturn,
    ControlByte,
}
