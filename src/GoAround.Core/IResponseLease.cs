using System.Threading.Tasks;

namespace GoAround.Core;

/// <summary>Something a response holds until it is disposed: the wire, the slot, a cache entry.</summary>
public interface IResponseLease
{
    /// <summary>Gives it back; called exactly once. Must not throw.</summary>
    ValueTask ReleaseAsync(ProxyResponse response);
}
