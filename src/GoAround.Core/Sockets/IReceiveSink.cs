namespace GoAround.Core.Sockets;

/// <summary>Takes the outcome of a receive that did not end at once.</summary>
internal interface IReceiveSink
{
    /// <summary>Called once a receive, on a poll thread; must not block.</summary>
    void OnReceived(Transfer transfer);
}
