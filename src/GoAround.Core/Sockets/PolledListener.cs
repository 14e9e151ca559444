using System;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using System.Threading.Tasks.Sources;

namespace GoAround.Core.Sockets;

/// <summary>
/// A listening socket whose readiness this process polls itself: whoever connects is accepted on a poller's thread, where the connection is served, and no other
/// thread has to wake for it. One caller at a time.
/// </summary>
internal sealed class PolledListener : IValueTaskSource<bool>, IDisposable
{
    /// <summary>What one poller accepts before the others of its batch have their turn.</summary>
    private const int Share = 64;

    private const int Unready = 0; // nobody has connected since the last look
    private const int Ready = 1; // the poller has said so, and nobody waits
    private const int Waiting = 2; // somebody waits: whoever takes this state away completes the wait

    private readonly Socket _socket;
    private readonly Poller _poller;
    private readonly long _number;
    private ManualResetValueTaskSourceCore<bool> _wait;
    private int _state = Ready;
    private int _accepted;

    /// <summary>Starts to watch; the socket listens already.</summary>
    public PolledListener(Socket socket)
    {
        _socket = socket;
        _poller = Poller.Next();
        _number = _poller.Watch(this, socket.SafeHandle);
    }

    /// <summary>Accepts a connection.</summary>
    /// <exception cref="SocketException">Out of file descriptors, or the client was gone before.</exception>
    /// <exception cref="OperationCanceledException">The token ended the wait.</exception>
    public async ValueTask<Socket> AcceptAsync(CancellationToken cancellationToken)
    {
        if (++_accepted % Share == 0)
        {
            await default(PollerTurn);
        }

        cancellationToken.ThrowIfCancellationRequested();
        while (!_socket.Poll(TimeSpan.Zero, SelectMode.SelectRead))
        {
            ValueTask<bool> ready = ReadyAsync();
            using (cancellationToken.UnsafeRegister(static listener => ((PolledListener)listener!).EndWait(), this))
            {
                await ready.ConfigureAwait(false);
            }

            cancellationToken.ThrowIfCancellationRequested();
        }

        return await _socket.AcceptAsync(cancellationToken).ConfigureAwait(false); // somebody is there, so this does not wait
    }

    /// <summary>Somebody has connected; on the poller's thread.</summary>
    public void OnReady()
    {
        if (Interlocked.CompareExchange(ref _state, Ready, Unready) == Waiting)
        {
            EndWait();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _poller.ForgetListener(_number);

    bool IValueTaskSource<bool>.GetResult(short token)
    {
        bool isReady = _wait.GetResult(token);
        _wait.Reset();
        return isReady;
    }

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _wait.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _wait.OnCompleted(continuation, state, token, flags);

    /// <summary>Completes once somebody may have connected since the last look.</summary>
    private ValueTask<bool> ReadyAsync()
    {
        if (Interlocked.CompareExchange(ref _state, Waiting, Unready) == Unready)
        {
            return new ValueTask<bool>(this, _wait.Version);
        }

        Interlocked.Exchange(ref _state, Unready); // before the look; it was ready; who connects from here on is told anew
        return new(true);
    }

    private void EndWait()
    {
        if (Interlocked.CompareExchange(ref _state, Unready, Waiting) == Waiting)
        {
            _wait.SetResult(true);
        }
    }
}
