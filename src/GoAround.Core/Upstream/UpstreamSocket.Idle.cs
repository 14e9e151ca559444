using System;

namespace GoAround.Core.Upstream;

// Between two exchanges.
internal sealed partial class UpstreamSocket
{
    /// <summary>Under load most sockets are used again before it is over; the call that looks would cost them more than a hundredth of a request.</summary>
    private static readonly TimeSpan QuietPause = TimeSpan.FromMilliseconds(1);

    /// <summary>The timestamp since which it waits for a request.</summary>
    public long IdleSince { get; private set; }

    /// <summary>It waits for a request, and the backend has not closed it.</summary>
    public bool IsIdle => _owner.IsParked;

    /// <summary>Takes an idle socket into use for a request; false where the backend closed it meanwhile, or spoke out of turn.</summary>
    public bool TryUse()
    {
        if (!TryWake())
        {
            return false;
        }

        // Whoever is told of an arrival may come too late on a busy machine.
        bool mustLook = _time.GetElapsedTime(IdleSince) >= QuietPause && !_transport.TryCatchUp();
        if (!((mustLook || _transport.MayBeReadable) && _transport.IsReadable) && !_inbox.HasArrived)
        {
            return true;
        }

        Dispose();
        return false;
    }

    /// <summary>Takes an idle socket, to close it; false where somebody else has it.</summary>
    public bool TryWake() => _owner.TryWake();

    private void ParkOrClose()
    {
        bool isReusable = _body.HasEnded
            && _head.KeepAlive
            && _exchange.LeavesSocketUsable
            && _upload.IsComplete
            && _inbox.IsEmpty
            && _home is not null;
        bool isQuiet = (!_exchange.Token.CanBeCanceled || _exchange.Registration.Unregister()) && _answerDeadline.TryEnd() && _deadline.Clear();
        _exchange = default;
        _response.Body = MessageBody.Empty;
        _inbox.Release();
        _hasServed = true;
        if (!isReusable || !isQuiet)
        {
            Dispose();
            return;
        }

        _head.Reset();
        IdleSince = _time.GetTimestamp();
        _inbox.Post();
        _owner.Park(); // an arrival sees it parked, or is seen below
        if ((_inbox.HasArrived || !_home!.TryKeep(this)) && TryWake()) // isReusable says that there is a home
        {
            Dispose();
        }
    }

    /// <summary>A receive ended while nobody waited: of an idle socket that is its end.</summary>
    private void OnUnawaited()
    {
        if (_inbox.HasArrived && TryWake()) // else the exchange has picked it up meanwhile
        {
            Dispose();
        }
    }
}
