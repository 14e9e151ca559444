using System;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;
using GoAround.Core.Sockets;

namespace GoAround.Core.Upstream;

/// <summary>Connects to a backend: looks its name up afresh and tries its addresses, or asks a dialer of somebody else's; and speaks TLS where it is https.</summary>
internal sealed class BackendDialer
{
    private readonly UpstreamOptions _options;
    private readonly TimeProvider _time;
    private readonly BackendHandshake _handshake;
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _lookUp;
    private readonly IBackendDialer? _own;

    /// <param name="options">How long it may take, and whom to trust.</param>
    /// <param name="time">What it is timed by.</param>
    /// <param name="lookUp">Finds the addresses of a name; null: the machine's own resolver.</param>
    /// <param name="own">Opens the streams instead; null: TCP.</param>
    public BackendDialer(
        UpstreamOptions options, TimeProvider time, Func<string, CancellationToken, Task<IPAddress[]>>? lookUp = null, IBackendDialer? own = null)
    {
        _options = options;
        _time = time;
        _own = own;
        _handshake = new BackendHandshake(options, time);
        _lookUp = lookUp ?? Dns.GetHostAddressesAsync;
    }

    /// <summary>Connects, within the time the options give.</summary>
    /// <exception cref="BackendException">It could not be reached, or is not trusted.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public async ValueTask<Transport> DialAsync(Backend backend, CancellationToken cancellationToken)
    {
        if (_own is not null)
        {
            Stream stream = await DialAsync(_own, backend, cancellationToken).ConfigureAwait(false);
            return backend.IsHttps
                ? await _handshake.RunAsync(backend, stream, cancellationToken).ConfigureAwait(false)
                : StreamTransport.Over(stream, _time as IWorkRunner);
        }

        DialledSocket dialled = await ConnectAsync(backend, cancellationToken).ConfigureAwait(false);
        return backend.IsHttps
            ? await _handshake.RunAsync(backend, dialled, cancellationToken).ConfigureAwait(false)
            : dialled.Transport ?? Transport.Over(dialled.Socket);
    }

    private async ValueTask<DialledSocket> ConnectAsync(Backend backend, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = new(_options.DialTimeout, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        SocketException? fault = null;
        bool isFound = false;
        try
        {
            IPAddress[] addresses = IPAddress.TryParse(backend.Host, out IPAddress? literal)
                ? [literal]
                : await _lookUp(backend.Host, either.Token).ConfigureAwait(false);
            isFound = true;
            if (addresses.Length > 0)
            {
                AddressRace race = new(addresses, (address, stop) => ConnectAsync(backend, address, stop), _time);
                return await race.RunAsync(either.Token).ConfigureAwait(false);
            }
        }
        catch (SocketException error)
        {
            fault = error; // the name could not be looked up, or none of its addresses be reached
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw TooLate(backend, isFound ? ProxyError.ConnectionTimeout : ProxyError.DnsTimeout);
        }

        string why = fault is null ? "the name has no address" : Describe(fault);
        throw new BackendException(BackendFailureStage.Dial, BackendFailureKind.Disconnected, $"{why} ({backend.Authority})", fault)
        {
            Error = isFound ? DialFaults.Of(fault) : ProxyError.DnsError,
        };
    }

    private async ValueTask<Stream> DialAsync(IBackendDialer dialer, Backend backend, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = new(_options.DialTimeout, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await dialer.DialAsync(backend, either.Token).ConfigureAwait(false)
                ?? throw new InvalidOperationException($"The dialer {dialer.GetType()} returned no stream.");
        }
        catch (Exception error) when (cancellationToken.IsCancellationRequested && IsEndOfDial(error))
        {
            throw new OperationCanceledException("The caller gave up while the dialer was at work.", error, cancellationToken); // the backend has done nothing wrong
        }
        catch (Exception error) when (timeout.IsCancellationRequested && IsEndOfDial(error))
        {
            throw TooLate(backend, ProxyError.ConnectionTimeout, error);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw TooLate(backend, ProxyError.ConnectionTimeout);
        }
        catch (TimeoutException error)
        {
            throw TooLate(backend, ProxyError.ConnectionTimeout, error);
        }
        catch (Exception error) when (error is SocketException or IOException)
        {
            SocketException? fault = error as SocketException ?? error.InnerException as SocketException;
            throw new BackendException(
                BackendFailureStage.Dial, BackendFailureKind.Disconnected, $"{(fault is null ? error.Message : Describe(fault))} ({backend.Authority})", error)
            {
                Error = fault is null ? ProxyError.DestinationUnavailable : DialFaults.Of(fault),
            };
        }
    }

    /// <summary>What a dialer may throw whose token was cancelled, besides the usual: it closes its socket to end the dial.</summary>
    private static bool IsEndOfDial(Exception error) => error is SocketException or IOException or TimeoutException or ObjectDisposedException;

    private BackendException TooLate(Backend backend, ProxyError error, Exception? cause = null) => new(
        BackendFailureStage.Dial, BackendFailureKind.TimedOut, $"no connection to {backend.Authority} in {_options.DialTimeout.TotalSeconds:0.###} s", cause)
    {
        Error = error,
    };

    private static async Task<DialledSocket> ConnectAsync(Backend backend, IPAddress address, CancellationToken cancellationToken)
    {
        Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            IPEndPoint point = new(address, backend.Port);
            if (Poller.IsWanted)
            {
                return new DialledSocket(socket, await PolledConnect.ConnectAsync(socket, point, cancellationToken).ConfigureAwait(false));
            }

            await socket.ConnectAsync(point, cancellationToken).ConfigureAwait(false);
            return new DialledSocket(socket, null);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static string Describe(SocketException error) => error.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => "connection refused",
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => "name not found",
        SocketError.NetworkUnreachable or SocketError.HostUnreachable => "no route",
        SocketError.TimedOut => "connection timed out",
        _ => error.Message,
    };
}
