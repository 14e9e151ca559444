using System;
using System.Text;
using GoAround.Core.Http;

namespace GoAround.Core.Cache;

/// <summary>Which fields of a response are not stored with it (RFC 9111 §3.1).</summary>
internal static class OmittedFields
{
    /// <summary>Whether a field is left out: of the connections on both sides of a proxy, Age, which is kept as a number, and Trailer, since no trailers are stored.</summary>
    /// <remarks>Connection and what it names, Keep-Alive, Transfer-Encoding and the like are off already.</remarks>
    public static bool Contains(CacheField field) => field is CacheField.Age or CacheField.ProxyAuthentication or CacheField.Trailer;

    /// <summary>Whether no-cache or private name a field, which is then left out (RFC 9111 §5.2.2.4, §5.2.2.7).</summary>
    /// <param name="fields">Of the response.</param>
    /// <param name="targetedField">The name of the targeted field; empty for none.</param>
    /// <param name="name">Of the field.</param>
    public static bool AreNamed(FieldList fields, string targetedField, ReadOnlySpan<byte> name)
    {
        // Both the targeted field and Cache-Control are looked at, whichever counts: to leave out one more harms nobody.
        for (int i = 0; i < fields.Count; i++)
        {
            FieldLine line = fields[i];
            if ((CacheFields.Recognise(line.Name) == CacheField.CacheControl || Ascii.EqualsIgnoreCase(line.Name, targetedField)) && IsNamed(line.Value, name))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Copies what no-cache and private name: it is for the one who asked.</summary>
    /// <param name="fields">Of the response.</param>
    /// <param name="targetedField">The name of the targeted field; empty for none.</param>
    /// <param name="named">Gets them.</param>
    public static void CopyNamed(FieldList fields, string targetedField, FieldList named)
    {
        for (int i = 0; i < fields.Count; i++)
        {
            FieldLine line = fields[i];
            if (AreNamed(fields, targetedField, line.Name))
            {
                named.AddOwn(line.Name, line.Value, line.Known);
            }
        }
    }

    private static bool IsNamed(ReadOnlySpan<byte> control, ReadOnlySpan<byte> name)
    {
        DirectiveReader directives = new(control);
        while (directives.TryNext(out Directive directive))
        {
            if (!Ascii.EqualsIgnoreCase(directive.Name, "no-cache"u8) && !Ascii.EqualsIgnoreCase(directive.Name, "private"u8))
            {
                continue;
            }

            ListReader names = new(directive.Argument);
            while (names.TryNext(out ReadOnlySpan<byte> named))
            {
                if (Ascii.EqualsIgnoreCase(named, name))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
