namespace GoAround.Core.Http;

/// <summary>What a parsed response head says and where its parts stand; offsets from the first byte received.</summary>
internal struct ResponseLayout
{
    public ConnectionFields Connection;
    public int StatusCode;
    public int ReasonOffset;
    public int ReasonLength;
    public int Length;
    public ProtocolVersion Version;
    public BodyFraming Framing;
    public bool KeepAlive;
    public bool OffersUpgrade;
}
