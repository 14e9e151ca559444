using System;
using System.Threading;
using GoAround.Core.Sockets;

namespace GoAround.Core.Tests.Sockets;

/// <summary>Counts what it is told, and says which poller's thread it was.</summary>
internal sealed class NoteSink(PolledTransport transport) : IReceiveSink
{
    private int _count;
    private int _bytes;

    public PolledTransport Transport => transport;

    public Poller? Poller { get; private set; }

    public int Count => Volatile.Read(ref _count);

    public int Bytes => Volatile.Read(ref _bytes);

    public Action<NoteSink>? Told { get; set; }

    public void Forget()
    {
        Volatile.Write(ref _bytes, 0);
        Volatile.Write(ref _count, 0);
    }

    public Memory<byte> RentRoom() => new byte[16];

    public void ReturnRoom()
    {
    }

    public void OnReceived(Transfer transfer)
    {
        Poller = Poller.Current;
        Interlocked.Add(ref _bytes, transfer.Count);
        Interlocked.Increment(ref _count);
        Told?.Invoke(this);
    }

    public void OnReset()
    {
    }

    public void OnPeerClosed()
    {
    }
}
