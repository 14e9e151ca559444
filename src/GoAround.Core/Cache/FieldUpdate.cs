namespace GoAround.Core.Cache;

/// <summary>Brings the fields of a stored response up to date (RFC 9111 §3.2).</summary>
internal static class FieldUpdate
{
    /// <summary>
    /// Makes the head that is stored in the place of the old one: status and fields of the old, those that the confirmation brings replaced. What comes out is
    /// decided upon by <see cref="StoreRules"/> and written by <see cref="StoredHeadWriter"/> like any response.
    /// </summary>
    /// <param name="old">The stored response.</param>
    /// <param name="confirmation">The 304, or the 200 to HEAD.</param>
    /// <param name="merged">Empty before; holds copies after.</param>
    public static void Merge(in StoredHead old, ProxyResponse confirmation, ProxyResponse merged)
    {
    }
}
