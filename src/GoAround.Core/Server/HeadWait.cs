namespace GoAround.Core.Server;

/// <summary>Which deadline of a head was set.</summary>
internal enum HeadWait : byte
{
    /// <summary>None yet.</summary>
    None,

    /// <summary>Of a connection on which no request has begun.</summary>
    Idle,

    /// <summary>Of a head whose first byte has come.</summary>
    Head,
}
