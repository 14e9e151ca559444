using System;
using System.Collections.Generic;
using System.Security.Cryptography;
using System.Text;

namespace GoAround.Samples.CustomSteps;

/// <summary>Who may come in: callers by the digests of their keys, so that how long a look-up takes says nothing about a key.</summary>
internal sealed class ApiKeys
{
    private readonly Dictionary<string, string> _callers = new(StringComparer.Ordinal);

    public ApiKeys(IEnumerable<KeyValuePair<string, string>> callersByKey)
    {
        foreach ((string key, string caller) in callersByKey)
        {
            _callers.Add(DigestOf(Encoding.UTF8.GetBytes(key)), caller);
        }
    }

    /// <summary>Whose key this is, or null.</summary>
    public string? FindCaller(ReadOnlySpan<byte> key) => _callers.GetValueOrDefault(DigestOf(key));

    private static string DigestOf(ReadOnlySpan<byte> key) => Convert.ToHexString(SHA256.HashData(key));
}
