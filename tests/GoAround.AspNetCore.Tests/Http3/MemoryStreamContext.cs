using System;
using System.Collections.Generic;
using System.IO.Pipelines;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Xunit;

namespace GoAround.AspNetCore.Tests.Http3;

/// <summary>
/// One stream of a <see cref="MemoryConnection"/>: the server's side is what Kestrel asks of a transport, the client's is <see cref="Send"/>, <see cref="EndSending"/>, <see cref="Cancel"/> and
/// <see cref="Received"/>. Bytes that were sent before a reset still arrive, which QUIC leaves open; it never looks like an end (<see cref="ResetCode"/>).
/// </summary>
internal sealed class MemoryStreamContext : ConnectionContext, IDuplexPipe, IStreamDirectionFeature, IStreamIdFeature, IProtocolErrorCodeFeature, IPersistentStateFeature, IStreamAbortFeature, IStreamClosedFeature
{
    private const int Window = 1024 * 1024; // so much may be on its way in each direction

    private readonly Lock _gate = new();
    private readonly Pipe _toServer = new(new PipeOptions(pauseWriterThreshold: Window, resumeWriterThreshold: Window / 2, useSynchronizationContext: false));
    private readonly Pipe _toClient = new(new PipeOptions(pauseWriterThreshold: Window, resumeWriterThreshold: Window / 2, useSynchronizationContext: false));
    private readonly List<Action> _onClosed = [];
    private long _resetCode = -1;
    private bool _hasSent;
    private bool _isClosed;

    public MemoryStreamContext(MemoryConnection connection, long id, bool canRead, bool canWrite)
    {
        ConnectionId = $"{connection.ConnectionId}, stream {id}";
        StreamId = id;
        CanRead = canRead;
        CanWrite = canWrite;
        LocalEndPoint = connection.LocalEndPoint;
        RemoteEndPoint = connection.RemoteEndPoint;
        Transport = this;
        Features = new FeatureCollection(connection.Features);
        Features.Set<IStreamDirectionFeature>(this);
        Features.Set<IStreamIdFeature>(this);
        Features.Set<IProtocolErrorCodeFeature>(this);
        Features.Set<IPersistentStateFeature>(this);
        Features.Set<IStreamAbortFeature>(this);
        Features.Set<IStreamClosedFeature>(this);
    }

    public override string ConnectionId { get; set; }

    public override IFeatureCollection Features { get; }

    public override IDictionary<object, object?> Items { get; set; } = new Dictionary<object, object?>();

    public IDictionary<object, object?> State { get; } = new Dictionary<object, object?>();

    public override IDuplexPipe Transport { get; set; }

    public PipeReader Input => _toServer.Reader;

    public PipeWriter Output => _toClient.Writer;

    public long StreamId { get; }

    public bool CanRead { get; }

    public bool CanWrite { get; }

    public long Error { get; set; } = -1;

    /// <summary>What the client receives.</summary>
    public PipeReader Received => _toClient.Reader;

    /// <summary>By what code the server has reset its half; -1: it has not.</summary>
    public long ResetCode => Volatile.Read(ref _resetCode);

    /// <summary>The client sends, unless the server has said that it wants no more. Completes when there is room for more; one send at a time.</summary>
    public Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        lock (_gate)
        {
            return _hasSent ? Task.CompletedTask : _toServer.Writer.WriteAsync(bytes).AsTask();
        }
    }

    /// <summary>The same of little, for which there is room.</summary>
    public void Send(ReadOnlyMemory<byte> bytes) => Assert.True(SendAsync(bytes).IsCompleted, "the stream is full");

    /// <summary>The client has sent its last.</summary>
    public void EndSending() => End(null);

    /// <summary>The client gives up: it resets its half where that has not ended, and wants no more of the other.</summary>
    public void Cancel(long code)
    {
        Error = code;
        End(new ConnectionResetException("the client reset its half"));
        _toClient.Reader.Complete();
        Action[] callbacks;
        lock (_gate)
        {
            _isClosed = true;
            callbacks = [.. _onClosed];
        }

        Array.ForEach(callbacks, Run);
    }

    public void OnClosed(Action<object?> callback, object? state)
    {
        bool isClosed;
        lock (_gate)
        {
            isClosed = _isClosed;
            _onClosed.Add(() => callback(state));
        }

        if (isClosed)
        {
            Run(() => callback(state));
        }
    }

    public void AbortRead(long errorCode, ConnectionAbortedException abortReason) => End(abortReason);

    public void AbortWrite(long errorCode, ConnectionAbortedException abortReason)
    {
        Volatile.Write(ref _resetCode, errorCode);
        _toClient.Reader.CancelPendingRead();
    }

    public override void Abort(ConnectionAbortedException abortReason)
    {
        AbortRead(Error, abortReason);
        AbortWrite(Error, abortReason);
    }

    public override ValueTask DisposeAsync()
    {
        _toServer.Reader.Complete();
        _toClient.Writer.Complete();
        return base.DisposeAsync();
    }

    private static void Run(Action callback) => ThreadPool.QueueUserWorkItem(static run => run(), callback, preferLocal: false);

    private void End(Exception? reason)
    {
        lock (_gate)
        {
            if (!_hasSent)
            {
                _hasSent = true;
                _toServer.Writer.Complete(reason);
            }
        }
    }
}
