using System;
using System.Collections.Generic;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Fuzz;

/// <summary>What comes back over one client connection: the status of every final answer, in order.</summary>
internal sealed class Answers(Socket socket)
{
    private readonly byte[] _room = new byte[16 * 1024];
    private string _unread = "";

    /// <summary>The statuses so far; a request may be refused for itself, and the next one be answered.</summary>
    public List<int> Statuses { get; } = [];

    /// <summary>The balancer has answered with an error and said that it closes, which is its last word on this connection.</summary>
    public bool HasError { get; private set; }

    /// <summary>Reads until so many answers are there, or an error, or the end of the connection.</summary>
    /// <param name="isHead">Whether the request with this number was a HEAD.</param>
    /// <param name="count">How many to wait for.</param>
    /// <param name="patience">Gives up.</param>
    /// <returns>Whether the connection has ended.</returns>
    public async Task<bool> ReadAsync(Func<int, bool> isHead, int count, CancellationToken patience)
    {
        while (true)
        {
            while (!HasError && TryTake(isHead(Statuses.Count)))
            {
            }

            if (Statuses.Count >= count && !HasError)
            {
                return false;
            }

            int received = await socket.ReceiveAsync(_room, patience);
            if (received == 0)
            {
                return !HasError && _unread.Length > 0 ? throw new FuzzFailure($"the connection ended within the answer '{_unread}'") : true;
            }

            _unread += Encoding.Latin1.GetString(_room, 0, received);
        }
    }

    private bool TryTake(bool isHead)
    {
        int end = _unread.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
        {
            return false;
        }

        if (!_unread.StartsWith("HTTP/1.1 ", StringComparison.Ordinal) || !int.TryParse(_unread.AsSpan(9, 3), NumberStyles.None, CultureInfo.InvariantCulture, out int status))
        {
            throw new FuzzFailure($"this is no answer: '{_unread}'");
        }

        int length = end + 4;
        if (status >= 200)
        {
            const string LengthField = "\r\nContent-Length: ";
            int at = _unread.IndexOf(LengthField, 0, end + 2, StringComparison.OrdinalIgnoreCase) + LengthField.Length;
            int body = at < LengthField.Length
                ? throw new FuzzFailure($"this answer has no length: '{_unread}'")
                : int.Parse(_unread.AsSpan(at, _unread.IndexOf('\r', at) - at), CultureInfo.InvariantCulture);
            length += isHead ? 0 : body;
            HasError = status != 200 && _unread.IndexOf("\r\nConnection: close\r\n", 0, end + 2, StringComparison.OrdinalIgnoreCase) >= 0;
            if (status >= 500 && status is not (501 or 505))
            {
                throw new FuzzFailure($"the balancer blames itself or the backend: '{_unread}'");
            }

            if (_unread.Length < length && !HasError)
            {
                return false;
            }

            Statuses.Add(status);
        }

        _unread = HasError ? "" : _unread[length..];
        return !HasError;
    }
}
