using System.Buffers;
using System.Collections.Generic;
using System.IO;
using System.IO.Pipelines;
using System.Text;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.AspNetCore.Tests.Http3;

/// <summary>One request of HTTP/3 on its stream, frame by frame, and its answer.</summary>
internal sealed class Http3Request
{
    private readonly MemoryStreamContext _stream;

    public Http3Request(MemoryStreamContext stream, string method, string target, (string Name, string Value)[] fields)
    {
        _stream = stream;
        SendFields([(":method", method), (":scheme", "https"), (":authority", "shop.example"), (":path", target), .. fields]);
    }

    public void Send(string body) => _stream.Send(Http3Frames.Write(Http3Frames.Data, Encoding.Latin1.GetBytes(body)));

    /// <summary>Sends a piece of the body; completes when the server has room for more.</summary>
    public Task SendAsync(byte[] body) => _stream.SendAsync(Http3Frames.Write(Http3Frames.Data, body));

    /// <summary>Sends trailers, and ends with them.</summary>
    public void End(params (string Name, string Value)[] trailers)
    {
        if (trailers.Length > 0)
        {
            SendFields(trailers);
        }

        _stream.EndSending();
    }

    /// <summary>Gives up.</summary>
    public void Cancel() => _stream.Cancel(0x10C); // H3_REQUEST_CANCELLED

    /// <summary>The next frame must be a head: its lines.</summary>
    public async Task<List<string>> ReadHeadAsync()
    {
        (long type, byte[] payload) = await TryReadAsync() ?? throw new EndOfStreamException("the stream ended before a head");
        Assert.Equal(Http3Frames.Headers, type);
        return FieldSection.Read(payload);
    }

    /// <summary>Reads so many bytes of the body, in whole frames.</summary>
    public async Task<string> ReadBodyAsync(int count)
    {
        string body = "";
        while (body.Length < count)
        {
            (long type, byte[] payload) = await TryReadAsync() ?? throw new EndOfStreamException($"the stream ended behind '{body}'");
            Assert.Equal(Http3Frames.Data, type);
            body += Encoding.Latin1.GetString(payload);
        }

        return body;
    }

    /// <summary>Reads so many bytes of the body, and forgets them.</summary>
    public async Task SkipBodyAsync(long count)
    {
        while (count > 0)
        {
            (long type, byte[] payload) = await TryReadAsync() ?? throw new EndOfStreamException($"the stream ended {count} bytes too early");
            Assert.Equal(Http3Frames.Data, type);
            count -= payload.Length;
        }
    }

    /// <summary>Reads the whole answer, the end of the stream too.</summary>
    /// <exception cref="StreamResetException">It was reset before.</exception>
    public async Task<Http3Answer> ReadAnswerAsync() => await ReadRestAsync(await ReadHeadAsync());

    /// <summary>Reads what follows a head, the end of the stream too.</summary>
    public async Task<Http3Answer> ReadRestAsync(List<string> head)
    {
        StringBuilder body = new();
        List<string>? trailers = null;
        while (await TryReadAsync() is (long type, byte[] payload))
        {
            Assert.Null(trailers);
            if (type == Http3Frames.Headers)
            {
                trailers = FieldSection.Read(payload);
            }
            else
            {
                Assert.Equal(Http3Frames.Data, type);
                body.Append(Encoding.Latin1.GetString(payload));
            }
        }

        return new Http3Answer(head, body.ToString(), trailers ?? []);
    }

    private void SendFields(IEnumerable<(string Name, string Value)> fields) => _stream.Send(Http3Frames.Write(Http3Frames.Headers, FieldSection.Write(fields)));

    /// <summary>The next frame; null: the stream has ended in order.</summary>
    private async Task<(long Type, byte[] Payload)?> TryReadAsync()
    {
        while (true)
        {
            ReadResult read = await _stream.Received.ReadAsync().AsTask().WaitAsync(WireEnd.Patience);
            ReadOnlySequence<byte> bytes = read.Buffer;
            if (Http3Frames.TryRead(ref bytes, out long type, out byte[] payload))
            {
                _stream.Received.AdvanceTo(bytes.Start);
                return (type, payload);
            }

            _stream.Received.AdvanceTo(bytes.Start, bytes.End);
            if (_stream.ResetCode >= 0)
            {
                throw new StreamResetException(_stream.ResetCode);
            }

            if (read.IsCompleted)
            {
                Assert.True(bytes.IsEmpty, "the stream ended within a frame");
                return null;
            }
        }
    }
}
