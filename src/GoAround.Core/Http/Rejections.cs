namespace GoAround.Core.Http;

/// <summary>What each rejection means to the sender of a request: the one mapping to a status code and a line for a person.</summary>
/// <remarks>A response that is rejected is answered 502, whatever the reason.</remarks>
internal static class Rejections
{
    /// <summary>400, 413, 414, 431, 501 or 505; 502 where only a backend can be at fault; 500 for <see cref="Rejection.None"/>, which is no answer.</summary>
    public static int StatusCode(Rejection rejection) => rejection switch
    {
        Rejection.None => 500,
        Rejection.BodyTooLarge => 413,
        Rejection.RequestLineTooLong => 414,
        Rejection.HeadTooLarge or Rejection.TooManyFields or Rejection.TrailersTooLarge => 431,
        Rejection.ConnectNotSupported or Rejection.MethodTooLong or Rejection.UnknownTransferCoding => 501,
        Rejection.InvalidStatusLine or Rejection.StatusLineTooLong => 502,
        Rejection.UnsupportedVersion => 505,
        _ => 400,
    };

    /// <summary>One line of ASCII that names the fault and repeats nothing of what was received.</summary>
    public static string Describe(Rejection rejection) => rejection switch
    {
        Rejection.None => "No fault was found.",
        Rejection.AmbiguousFieldName => "Some would take a field name with an underscore for one that frames the body.",
        Rejection.BareCarriageReturn => "A CR stands without its LF.",
        Rejection.BareLineFeed => "A line ends with LF instead of CRLF.",
        Rejection.BodyTooLarge => "The body is too large.",
        Rejection.ChunkExtensionTooLong => "A chunk extension is too long.",
        Rejection.ChunkedNotLast => "The chunked coding is not the last one, or is applied twice.",
        Rejection.ConflictingContentLength => "There is more than one Content-Length.",
        Rejection.ConnectNotSupported => "CONNECT is not supported.",
        Rejection.DuplicateHost => "There is more than one Host.",
        Rejection.FragmentInTarget => "The request target has a fragment.",
        Rejection.HeadTooLarge => "The head is too large.",
        Rejection.InvalidChunkExtension => "A chunk extension is malformed.",
        Rejection.InvalidChunkSize => "A chunk size is malformed.",
        Rejection.InvalidContentLength => "Content-Length is malformed.",
        Rejection.InvalidFieldName => "A field name is malformed.",
        Rejection.InvalidFieldValue => "A field value has a control byte.",
        Rejection.InvalidHost => "The host is malformed.",
        Rejection.InvalidMethod => "The method is malformed.",
        Rejection.InvalidRequestLine => "The request line is malformed.",
        Rejection.InvalidStatusLine => "The status line is malformed.",
        Rejection.InvalidTarget => "The request target is malformed.",
        Rejection.InvalidTransferEncoding => "Transfer-Encoding is malformed.",
        Rejection.InvalidVersion => "The protocol version is malformed.",
        Rejection.LengthAndTransferEncoding => "Content-Length and Transfer-Encoding stand together.",
        Rejection.MethodTooLong => "The method is too long.",
        Rejection.MissingChunkEnd => "A chunk is not followed by CRLF.",
        Rejection.MissingHost => "Host is missing.",
        Rejection.ObsFold => "A field is folded over more than one line.",
        Rejection.RequestLineTooLong => "The request line is too long.",
        Rejection.SpaceBeforeColon => "White space stands between a field name and its colon.",
        Rejection.StatusLineTooLong => "The status line is too long.",
        Rejection.TooManyConnectionOptions => "Connection has too many options.",
        Rejection.TooManyFields => "There are too many fields.",
        Rejection.TraceWithBody => "TRACE has no body.",
        Rejection.TrailersTooLarge => "The trailers are too large.",
        Rejection.TransferEncodingInHttp10 => "HTTP/1.0 has no Transfer-Encoding.",
        Rejection.UnknownTransferCoding => "The transfer coding is not supported.",
        Rejection.UnsupportedVersion => "The protocol version is not supported.",
        _ => "The message is malformed.",
    };
}
