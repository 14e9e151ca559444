using System;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using GoAround.Core.Tests.Wire;

namespace GoAround.Core.Tests.Load;

/// <summary>Clients that send the same request round after round, each on a thread of its own with blocking calls: a round allocates nothing in them.</summary>
internal sealed class FixedClients : IDisposable
{
    private readonly Socket[] _sockets;
    private readonly Thread[] _threads;
    private readonly SemaphoreSlim _go = new(0);
    private readonly CountdownEvent _done;
    private readonly byte[] _request;
    private readonly int _responseBytes;
    private int _requests;
    private int _faults;

    public FixedClients(int count, int port, byte[] request, int responseBytes)
    {
        _request = request;
        _responseBytes = responseBytes;
        _done = new CountdownEvent(count);
        _sockets = [.. Enumerable.Range(0, count).Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = (int)WireEnd.Patience.TotalMilliseconds })];
        _threads = [.. _sockets.Select(socket => new Thread(() => Run(socket)) { IsBackground = true })];
        for (int i = 0; i < count; i++)
        {
            _sockets[i].Connect(IPAddress.Loopback, port);
            _threads[i].Start();
        }
    }

    /// <summary>Every client sends so many requests, one after the other's answer.</summary>
    /// <returns>Bytes that the whole process allocated meanwhile.</returns>
    public long Measure(int requests)
    {
        _requests = requests;
        _done.Reset();
        long before = GC.GetTotalAllocatedBytes(precise: true);
        _go.Release(_sockets.Length);
        bool isDone = _done.Wait(WireEnd.Patience * 3);
        long after = GC.GetTotalAllocatedBytes(precise: true);
        return isDone && _faults == 0 ? after - before : throw new InvalidOperationException("a client was cut, or waits in vain");
    }

    public void Dispose()
    {
        _requests = 0;
        _go.Release(_sockets.Length);
        foreach (Socket socket in _sockets)
        {
            socket.Dispose();
        }

        Array.ForEach(_threads, thread => thread.Join());
        _go.Dispose();
        _done.Dispose();
    }

    private void Run(Socket socket)
    {
        byte[] buffer = new byte[_responseBytes];
        while (true)
        {
            _go.Wait();
            int requests = Volatile.Read(ref _requests);
            if (requests == 0)
            {
                return;
            }

            try
            {
                for (int i = 0; i < requests; i++)
                {
                    socket.Send(_request);
                    for (int count = 0; count < _responseBytes;)
                    {
                        int more = socket.Receive(buffer, count, _responseBytes - count, SocketFlags.None);
                        count += more > 0 ? more : throw new SocketException((int)SocketError.ConnectionReset);
                    }
                }
            }
            catch (SocketException)
            {
                Interlocked.Increment(ref _faults);
            }

            _done.Signal();
        }
    }
}
