namespace GoAround.Core.Cache;

/// <summary>Gives memory up when there is none left.</summary>
internal interface IRoomMaker
{
    /// <summary>Lets go of responses that took about so many bytes; false: there was none to let go.</summary>
    bool MakeRoom(long bytes);
}
