namespace GoAround.Core.Http;

/// <summary>What a parsed request head says and where its parts stand; offsets from the first byte received.</summary>
internal struct RequestLayout
{
    public RequestLine Line;
    public ConnectionFields Connection;
    public int LineOffset;
    public int AuthorityOffset;
    public int AuthorityLength;
    public int Length;
    public BodyFraming Framing;
    public bool ExpectsContinue;
    public bool OffersUpgrade;

    /// <summary>At least one byte follows the head; only asked once the framing is known.</summary>
    public readonly bool HasBody => Framing == BodyFraming.Chunked || Connection.Length > 0;
}
