using System;
using System.Collections.Generic;
using GoAround.Core.Http;

namespace GoAround.Core.Cache;

/// <summary>The names under which an application removes what it has changed: Surrogate-Key (Fastly, Varnish) and Cache-Tag (Cloudflare, Akamai).</summary>
internal static class CacheTags
{
    /// <summary>The longest name; a longer one is not a name of anything.</summary>
    public const int MaxNameBytes = 1024;

    // Each one costs the store an entry in its index. Whoever has more cannot be sure that all are removed, so nothing is stored.
    private const int MaxTags = 256;

    /// <summary>Adds those of a response to a list, in the form in which they are stored; false: there are too many, and it must not be stored.</summary>
    // Surrogate-Key: names with spaces between; Cache-Tag: names with commas between. Neither is a standard.
    public static bool Read(FieldList responseFields, List<ReadOnlyMemory<byte>> tags)
    {
        for (int i = 0; i < responseFields.Count; i++)
        {
            FieldLine line = responseFields[i];
            CacheField field = CacheFields.Recognise(line.Name);
            if (field is not (CacheField.SurrogateKey or CacheField.CacheTag))
            {
                continue;
            }

            ReadOnlySpan<byte> rest = line.Value;
            while (!rest.IsEmpty)
            {
                int end = field == CacheField.SurrogateKey ? rest.IndexOfAny((byte)' ', (byte)'\t') : rest.IndexOf((byte)',');
                ReadOnlySpan<byte> name = FieldSyntax.Trim(end < 0 ? rest : rest[..end]);
                rest = end < 0 ? default : rest[(end + 1)..];
                if (name.Length > MaxNameBytes || (!name.IsEmpty && tags.Count >= MaxTags))
                {
                    return false;
                }

                if (!name.IsEmpty)
                {
                    tags.Add(Stored(name));
                }
            }
        }

        return true;
    }

    /// <summary>Appends the stored form of one name, as <see cref="IResponseCache.RemoveAsync"/> wants it: no key of a URL begins so.</summary>
    public static void Append(ref KeyBuffer key, ReadOnlySpan<byte> name)
    {
        key.Append("tag "u8);
        key.Append(name);
    }

    private static byte[] Stored(ReadOnlySpan<byte> name)
    {
        KeyBuffer key = default;
        Append(ref key, name);
        return key.Span.ToArray();
    }
}
