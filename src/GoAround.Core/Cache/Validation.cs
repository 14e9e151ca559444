using GoAround.Core.Http;

namespace GoAround.Core.Cache;

/// <summary>Asks a backend whether a stored response still holds (RFC 9111 §4.3).</summary>
internal static class Validation
{
    /// <summary>Adds the stored validators to the request for a backend, from which the client's conditions were taken (§4.3.1).</summary>
    public static void AddConditions(FieldList fields, in StoredHead head)
    {
    }

    /// <summary>Whether a 304 is about this stored response (§4.3.4).</summary>
    public static bool Confirms(in StoredHead head, ProxyResponse notModified) => true;

    /// <summary>Whether a 200 to HEAD is about this stored response, so that it is brought up to date; if not, the stored one is no longer good (§4.3.5).</summary>
    /// <param name="head">The stored response to GET.</param>
    /// <param name="headAnswer">The answer to HEAD.</param>
    /// <param name="length">Bytes of the stored body.</param>
    public static bool ConfirmsByHead(in StoredHead head, ProxyResponse headAnswer, long length) => true;
}
