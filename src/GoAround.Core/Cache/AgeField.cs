using GoAround.Core.Http;

namespace GoAround.Core.Cache;

/// <summary>The Age field of answers from the store (RFC 9111 §5.1).</summary>
internal static class AgeField
{
    /// <summary>Adds the line; there is none in a copied head.</summary>
    public static void Add(FieldList fields, long seconds)
    {
    }
}
