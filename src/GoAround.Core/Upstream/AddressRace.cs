using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Core.Upstream;

/// <summary>
/// Connects to one of a name's addresses: the next one is tried as soon as one has failed, or has not answered for a quarter of a
/// second, so that a dead address does not use up the time of all (RFC 8305 §5, with the order the resolver gives).
/// </summary>
internal sealed class AddressRace
{
    /// <summary>The Connection Attempt Delay that RFC 8305 §8 recommends.</summary>
    private static readonly TimeSpan HeadStart = TimeSpan.FromMilliseconds(250);

    private readonly IPAddress[] _addresses;
    private readonly Func<IPAddress, CancellationToken, Task<DialledSocket>> _connect;
    private readonly TimeProvider _time;

    /// <param name="addresses">At least one.</param>
    /// <param name="connect">Connects to one; ends soon once it is cancelled.</param>
    /// <param name="time">What the head start is timed by.</param>
    public AddressRace(IPAddress[] addresses, Func<IPAddress, CancellationToken, Task<DialledSocket>> connect, TimeProvider time)
    {
        _addresses = addresses;
        _connect = connect;
        _time = time;
    }

    /// <summary>The first connection there is; the others are closed.</summary>
    /// <exception cref="SocketException">None could be reached; this is what became of the last.</exception>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public async Task<DialledSocket> RunAsync(CancellationToken cancellationToken)
    {
        if (_addresses.Length == 1)
        {
            return await _connect(_addresses[0], cancellationToken).ConfigureAwait(false);
        }

        List<Task<DialledSocket>> running = [];
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            for (int next = 0; ;)
            {
                if (next < _addresses.Length)
                {
                    running.Add(_connect(_addresses[next++], stop.Token));
                }

                if (next < _addresses.Length && !await EndsWithinHeadStartAsync(running, stop.Token).ConfigureAwait(false))
                {
                    continue;
                }

                Task<DialledSocket> ended = await Task.WhenAny(running).ConfigureAwait(false);
                running.Remove(ended);
                try
                {
                    return await ended.ConfigureAwait(false);
                }
                catch (SocketException) when (running.Count > 0 || next < _addresses.Length)
                {
                    // Another address may do.
                }
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await CloseAsync(running).ConfigureAwait(false);
        }
    }

    private async Task<bool> EndsWithinHeadStartAsync(List<Task<DialledSocket>> running, CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAny(running).WaitAsync(HeadStart, _time, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private static async Task CloseAsync(List<Task<DialledSocket>> late)
    {
        foreach (Task<DialledSocket> task in late)
        {
            try
            {
                (await task.ConfigureAwait(false)).Dispose();
            }
            catch (SocketException)
            {
                // It could not be reached.
            }
            catch (OperationCanceledException)
            {
                // As was meant.
            }
        }
    }
}
