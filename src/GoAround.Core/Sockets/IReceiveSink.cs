using System;

namespace GoAround.Core.Sockets;

/// <summary>Gives a receive its buffer once there are bytes for it, and takes the outcome where it did not end at once.</summary>
internal interface IReceiveSink
{
    /// <summary>Where the bytes go, which are there now. Called right before they are received, on whichever thread does that, at most once a receive unless <see cref="ReturnRoom"/> was called.</summary>
    Memory<byte> RentRoom();

    /// <summary>There were no bytes after all: the receive waits on, and asks again.</summary>
    void ReturnRoom();

    /// <summary>Called once a receive, on a poll thread; must not block.</summary>
    void OnReceived(Transfer transfer);

    /// <summary>The other side has reset the connection, and no receive is under way to tell of it; from a transport that notices. On a poll thread; must not block.</summary>
    void OnReset();

    /// <summary>The other side has closed its half; what it sent before may still be unread. From a transport that tells, once. On a poll thread; must not block.</summary>
    void OnPeerClosed();
}
