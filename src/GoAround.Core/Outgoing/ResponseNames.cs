using System;
using System.Text;

namespace GoAround.Core.Outgoing;

/// <summary>The names of usual response fields as text that need not be made again.</summary>
internal static class ResponseNames
{
    /// <summary>The name as text: of a usual one in its usual case, which HttpClient gives it too.</summary>
    public static string Of(ReadOnlySpan<byte> name) => name.Length switch
    {
        3 => Choose(name, "Age"),
        4 => Choose(name, "Date", "ETag", "Vary"),
        6 => Choose(name, "Server"),
        7 => Choose(name, "Expires"),
        8 => Choose(name, "Location"),
        10 => Choose(name, "Set-Cookie"),
        11 => Choose(name, "Retry-After"),
        12 => Choose(name, "Content-Type", "X-Powered-By"),
        13 => Choose(name, "Cache-Control", "Last-Modified", "Accept-Ranges"),
        16 => Choose(name, "Content-Encoding", "Content-Language", "WWW-Authenticate"),
        19 => Choose(name, "Content-Disposition"),
        25 => Choose(name, "Strict-Transport-Security"),
        _ => Encoding.Latin1.GetString(name),
    };

    private static string Choose(ReadOnlySpan<byte> name, string first, string? second = null, string? third = null) =>
        Ascii.EqualsIgnoreCase(name, first) ? first
        : second is not null && Ascii.EqualsIgnoreCase(name, second) ? second
        : third is not null && Ascii.EqualsIgnoreCase(name, third) ? third
        : Encoding.Latin1.GetString(name);
}
