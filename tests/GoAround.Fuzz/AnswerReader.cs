using System;
using System.Collections.Generic;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Fuzz;

/// <summary>A client that reads one answer after the other, by the framing that the balancer gave it, and knows a whole one from a cut one.</summary>
internal sealed class AnswerReader(Socket socket)
{
    private readonly byte[] _room = new byte[16 * 1024];
    private string _unread = "";
    private bool _hasEnded;
    private bool _isCut;

    /// <summary>Reads one answer.</summary>
    /// <param name="isHead">It answers a HEAD.</param>
    /// <param name="patience">Gives up.</param>
    public async Task<SeenAnswer> ReadAsync(bool isHead, CancellationToken patience)
    {
        SeenAnswer? answer;
        while ((answer = Take(isHead)) is null)
        {
            await FillAsync(patience);
        }

        return answer;
    }

    private async Task FillAsync(CancellationToken patience)
    {
        try
        {
            int count = await socket.ReceiveAsync(_room, patience);
            _unread += Encoding.Latin1.GetString(_room, 0, count);
            _hasEnded = count == 0;
        }
        catch (SocketException)
        {
            _hasEnded = true;
            _isCut = true;
        }
    }

    /// <summary>The answer, if it is here or nothing more will come; else null.</summary>
    private SeenAnswer? Take(bool isHead)
    {
        int end = _unread.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
        {
            return _hasEnded ? new SeenAnswer(0, "", false, false) : null;
        }

        if (!_unread.StartsWith("HTTP/1.1 ", StringComparison.Ordinal) || !int.TryParse(_unread.AsSpan(9, 3), NumberStyles.None, CultureInfo.InvariantCulture, out int status))
        {
            throw new FuzzFailure($"this is no answer: '{_unread}'");
        }

        string head = _unread[..(end + 2)];
        int position = end + 4;
        bool stays = !head.Contains("\r\nConnection: close\r\n", StringComparison.OrdinalIgnoreCase);
        string body = "";
        StreamEnd framed = isHead ? StreamEnd.Clean : ReadBody(head, ref position, out body);
        if (framed == StreamEnd.Refused)
        {
            throw new FuzzFailure($"the balancer's own framing is broken: '{_unread}'");
        }

        if (framed == StreamEnd.Clean)
        {
            _unread = _unread[position..];
            return new SeenAnswer(status, body, true, stays);
        }

        return _hasEnded ? new SeenAnswer(status, body, framed == StreamEnd.Closed && !_isCut, false) : null;
    }

    /// <summary>Closed: only the end of the connection tells the end.</summary>
    private StreamEnd ReadBody(string head, ref int position, out string body)
    {
        if (head.Contains("\r\nTransfer-Encoding: chunked\r\n", StringComparison.OrdinalIgnoreCase))
        {
            return ReferenceReader.ReadChunked(_unread, ref position, out body, out List<KeyValuePair<string, string>> _);
        }

        const string LengthField = "\r\nContent-Length: ";
        int at = head.IndexOf(LengthField, StringComparison.OrdinalIgnoreCase) + LengthField.Length;
        if (at < LengthField.Length)
        {
            body = _unread[position..];
            return StreamEnd.Closed;
        }

        int length = int.Parse(head.AsSpan(at, head.IndexOf('\r', at) - at), CultureInfo.InvariantCulture);
        int have = Math.Min(length, _unread.Length - position);
        body = _unread.Substring(position, have);
        position += have;
        return have < length ? StreamEnd.Incomplete : StreamEnd.Clean;
    }
}
