using System.Threading.Tasks;

namespace GoAround.Core;

/// <summary>Something a response holds until it is disposed: the wire, the slot, a cache entry.</summary>
public interface IResponseLease
{
    /// <summary>Gives it back; called exactly once, in the order of <see cref="ProxyResponse.AddLease"/>. Must not throw.</summary>
    /// <param name="response">The response that held it; being disposed, so not to be kept.</param>
    ValueTask ReleaseAsync(ProxyResponse response);
}
