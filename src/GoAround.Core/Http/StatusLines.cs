using System;
using System.Text;

namespace GoAround.Core.Http;

/// <summary>The status lines of HTTP/1.1 with their standard phrases, rendered once.</summary>
internal static class StatusLines
{
    /// <summary>Where the reason phrase begins: behind <c>HTTP/1.1 200 </c>.</summary>
    public const int ReasonOffset = 13;

    private const int First = 100;
    private const int Last = 599;
    private const int InternalServerError = 500;

    private static readonly byte[][] Lines = Render();

    /// <summary>The line with its CRLF; a code that is not 100..599 becomes 500.</summary>
    public static ReadOnlySpan<byte> Of(int statusCode) =>
        Lines[statusCode is >= First and <= Last ? statusCode - First : InternalServerError - First];

    /// <summary>The standard phrase; empty where the code has none.</summary>
    // RFC 9110 §15 and the IANA registry of status codes
    private static string PhraseOf(int statusCode) => statusCode switch
    {
        100 => "Continue",
        101 => "Switching Protocols",
        102 => "Processing",
        103 => "Early Hints",
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        203 => "Non-Authoritative Information",
        204 => "No Content",
        205 => "Reset Content",
        206 => "Partial Content",
        207 => "Multi-Status",
        208 => "Already Reported",
        226 => "IM Used",
        300 => "Multiple Choices",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        305 => "Use Proxy",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        411 => "Length Required",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        416 => "Range Not Satisfiable",
        417 => "Expectation Failed",
        421 => "Misdirected Request",
        422 => "Unprocessable Content",
        423 => "Locked",
        424 => "Failed Dependency",
        425 => "Too Early",
        426 => "Upgrade Required",
        428 => "Precondition Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        451 => "Unavailable For Legal Reasons",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        506 => "Variant Also Negotiates",
        507 => "Insufficient Storage",
        508 => "Loop Detected",
        511 => "Network Authentication Required",
        _ => "",
    };

    private static byte[][] Render()
    {
        byte[][] lines = new byte[Last - First + 1][];
        for (int code = First; code <= Last; code++)
        {
            lines[code - First] = Encoding.ASCII.GetBytes($"HTTP/1.1 {code} {PhraseOf(code)}\r\n");
        }

        return lines;
    }
}
