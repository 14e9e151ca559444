using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.AspNetCore.Tests.Http3;

/// <summary>A client of HTTP/3 that has a connection: it sends its settings, which allow no dynamic table, and opens a stream for each request.</summary>
internal sealed class Http3Client
{
    private readonly MemoryConnection _connection;

    public Http3Client(MemoryConnection connection)
    {
        _connection = connection;
        MemoryStreamContext control = connection.Open(isTwoWay: false);
        control.Send(new byte[] { 0 }); // Control Stream   RFC 9114 §6.2.1
        control.Send(Http3Frames.Write(Http3Frames.Settings, []));
    }

    /// <summary>Opens a stream and sends a head on it; the rest is up to the test.</summary>
    public Http3Request Begin(string method, string target, params (string Name, string Value)[] fields) => new(_connection.Open(isTwoWay: true), method, target, fields);

    /// <summary>Sends a request without a body and reads its answer to the end.</summary>
    public Task<Http3Answer> AskAsync(string method, string target, params (string Name, string Value)[] fields)
    {
        Http3Request request = Begin(method, target, fields);
        request.End();
        return request.ReadAnswerAsync();
    }

    /// <summary>The server has opened its control stream and begun with its settings.</summary>
    public async Task ExpectSettingsAsync()
    {
        MemoryStreamContext control = await _connection.OpenedByServerAsync().AsTask().WaitAsync(WireEnd.Patience);
        ReadResult read = await control.Received.ReadAtLeastAsync(3).AsTask().WaitAsync(WireEnd.Patience);
        Assert.Equal([0, (byte)Http3Frames.Settings], read.Buffer.Slice(0, 2).ToArray());
        control.Received.AdvanceTo(read.Buffer.End);
    }

    /// <summary>Closes the connection without regard to what is under way.</summary>
    public void Leave() => _connection.Leave(0x100); // H3_NO_ERROR
}
