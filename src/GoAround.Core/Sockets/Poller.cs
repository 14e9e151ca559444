using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading;

namespace GoAround.Core.Sockets;

/// <summary>
/// A thread that waits for sockets to become ready and runs what waits for them, right there. It replaces the framework's own
/// where the host asked for inline completions on Linux: that one tries each receive before it waits, which costs a call more.
/// </summary>
internal sealed class Poller
{
    /// <summary>So many senders at most wait for the end of a batch: of more, the first would come too late.</summary>
    public const int MostHeldSends = 128;

    private const string InlineSetting = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";
    private const string ThreadsSetting = "DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT";
    private const int EventsAtOnce = 256; // in one round
    private const int MostEvents = 8192;

    // struct epoll_event is packed on x86-64 only: uint32 events, uint64 data.
    private static readonly int EventBytes = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int DataOffset = EventBytes - sizeof(ulong);

    private static readonly TimeSpan Recent = TimeSpan.FromMilliseconds(1);
    private static readonly Lazy<Poller[]> All = new(StartAll);
    private static int _next;

    [ThreadStatic]
    private static Poller? _current;

    private readonly Lock _gate = new();
    private readonly Stack<int> _freeSlots = [];
    private readonly Queue<Action> _putOff = []; // of this poller's thread only
    private readonly PolledTransport?[] _ahead = new PolledTransport?[EventsAtOnce]; // likewise
    private readonly PolledSender?[] _holding = new PolledSender?[MostHeldSends]; // likewise
    private readonly int _poll;
    private unsafe byte* _events; // what polls have told
    private int _run; // so many of them are being run, or have been
    private int _signalled; // of so many their transports know
    private int _told;
    private long _polledAt;
    private bool _knowsAll; // the last poll told all there was
    private bool _isRunning;
    private Slot[] _slots = new Slot[64];
    private PolledListener?[] _listeners = []; // their numbers are below zero
    private int _usedSlots;
    private int _holdingCount;

    private Poller(int poll) => _poll = poll;

    /// <summary>The host runs everything on the threads that poll, and this is Linux.</summary>
    public static bool IsWanted { get; } =
        OperatingSystem.IsLinux()
        && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64
        && Environment.GetEnvironmentVariable(InlineSetting) == "1";

    /// <summary>The poller whose thread this is, or null.</summary>
    public static Poller? Current => _current;

    /// <summary>This thread is a poller's: no code of an application may run on it.</summary>
    public static bool IsCurrent => _current is not null;

    /// <summary>The pollers in turn.</summary>
    public static Poller Next()
    {
        Poller[] all = All.Value;
        return all[(uint)Interlocked.Increment(ref _next) % (uint)all.Length];
    }

    /// <summary>Runs it after all that is ready now, where this is a poller's thread; else false.</summary>
    public static bool TryPutOff(Action continuation)
    {
        if (_current is not { } poller)
        {
            return false;
        }

        poller._putOff.Enqueue(continuation);
        return true;
    }

    /// <summary>Flushes it after all that is ready now; on this poller's thread.</summary>
    public void FlushLater(PolledSender sender)
    {
        if (_holdingCount == MostHeldSends)
        {
            Flush();
        }

        _holding[_holdingCount++] = sender;
    }

    /// <summary>Starts to watch a socket; returns the number it is watched under.</summary>
    /// <exception cref="SocketException">The system has no room for it.</exception>
    public long Watch(PolledTransport transport, SafeHandle socket)
    {
        long number;
        lock (_gate)
        {
            if (!_freeSlots.TryPop(out int index))
            {
                index = _usedSlots++;
                if (index == _slots.Length)
                {
                    Array.Resize(ref _slots, _slots.Length * 2);
                }
            }

            ref Slot slot = ref _slots[index];
            Volatile.Write(ref slot.Generation, (slot.Generation + 1) & int.MaxValue); // first: an old event must not find the new transport
            Volatile.Write(ref slot.Transport, transport);
            number = ((long)slot.Generation << 32) | (uint)index;
        }

        try
        {
            Register(socket, number, LinuxCalls.Readable | LinuxCalls.Urgent | LinuxCalls.Writable | LinuxCalls.PeerClosed | LinuxCalls.EdgeTriggered);
            return number;
        }
        catch (SocketException)
        {
            Forget(number);
            throw;
        }
    }

    /// <summary>Starts to watch a socket that listens; returns the number it is watched under.</summary>
    /// <exception cref="SocketException">The system has no room for it.</exception>
    public long Watch(PolledListener listener, SafeHandle socket)
    {
        long number;
        lock (_gate)
        {
            int index = Array.IndexOf(_listeners, null);
            if (index < 0)
            {
                index = _listeners.Length;
                Volatile.Write(ref _listeners, [.. _listeners, listener]);
            }

            Volatile.Write(ref _listeners[index], listener); // an event of the one before tells it nothing wrong: it looks
            number = ~(long)index;
        }

        try
        {
            Register(socket, number, LinuxCalls.Readable | LinuxCalls.EdgeTriggered);
            return number;
        }
        catch (SocketException)
        {
            ForgetListener(number);
            throw;
        }
    }

    /// <summary>
    /// On this thread, while it runs what a poll told: what had come to any of its sockets 1 ms ago is known to that socket. Where the last poll was earlier, or did not tell all,
    /// it polls again, without waiting, and keeps for the next round what it is told; false: it was told more than it can keep, or is between two rounds.
    /// </summary>
    public bool TryCatchUp() => _isRunning && ((_knowsAll && _signalled == _told && Stopwatch.GetElapsedTime(_polledAt) < Recent) || TryPollAgain());

    /// <summary>Stops to watch; closing the socket has taken it off the system's list.</summary>
    public void Forget(long number)
    {
        lock (_gate)
        {
            int index = (int)(uint)number;
            ref Slot slot = ref _slots[index];
            if (slot.Generation == (int)(number >> 32) && slot.Transport is not null)
            {
                slot.Transport = null;
                _freeSlots.Push(index);
            }
        }
    }

    /// <summary>Stops to watch a socket that listens.</summary>
    public void ForgetListener(long number)
    {
        lock (_gate)
        {
            _listeners[~number] = null; // an event of it that is on its way finds nobody
        }
    }

    private static Poller[] StartAll()
    {
        bool isSet = int.TryParse(Environment.GetEnvironmentVariable(ThreadsSetting), NumberStyles.None, CultureInfo.InvariantCulture, out int threads);
        Poller[] all = new Poller[isSet && threads > 0 ? threads : Environment.ProcessorCount];
        for (int i = 0; i < all.Length; i++)
        {
            int poll = LinuxCalls.CreatePoll();
            if (poll < 0)
            {
                throw new SocketException(Marshal.GetLastPInvokeError());
            }

            all[i] = new Poller(poll);
            new Thread(all[i].Run) { IsBackground = true, Name = "GoAround poll" }.UnsafeStart();
        }

        return all;
    }

    private unsafe void Run()
    {
        _current = this;
        _events = (byte*)NativeMemory.Alloc((nuint)(MostEvents * EventBytes)); // for the life of the process, as this thread
        while (true)
        {
            if (_run == _told)
            {
                _run = 0;
                _signalled = 0;
                _told = 0;
                Poll(_putOff.Count > 0 ? 0 : Timeout.Infinite);
            }

            byte* ready = _events + (_run * EventBytes);
            int count = Math.Min(_told - _run, EventsAtOnce);
            _run += count;
            Signal(_run);
            _isRunning = true;
            if (count > 1)
            {
                ReceiveAhead(ready, count);
            }

            for (int i = 0; i < count; i++)
            {
                ref PolledTransport? ahead = ref _ahead[i];
                PolledTransport? transport = Find(ready, i, out uint events) ?? ahead; // who was closed meanwhile is told nevertheless
                ahead = null;
                if (transport is not null)
                {
                    transport.OnReady(events);
                }
                else
                {
                    FindListener(ready, i)?.OnReady();
                }
            }

            _isRunning = false; // what was put off may have been asked for long ago
            Flush();
            for (int i = _putOff.Count; i > 0; i--) // what is put off again waits for the next round
            {
                _putOff.Dequeue()();
            }

            Flush();
        }
    }

    /// <summary>Adds to what has been told.</summary>
    private unsafe void Poll(int timeout)
    {
        int room = MostEvents - _told;
        _polledAt = Stopwatch.GetTimestamp(); // before: what comes while this thread stands still behind the call is not told
        int count = LinuxCalls.Wait(_poll, _events + (_told * EventBytes), room, timeout);
        _knowsAll = count < room;
        _told += Math.Max(count, 0); // interrupted: none
    }

    private unsafe bool TryPollAgain()
    {
        if (_told < MostEvents)
        {
            Poll(0);
        }

        Signal(_told);
        return _knowsAll;
    }

    /// <summary>Lets transports know of their events, up to the one of this number. What runs on the first ones may be about to use the last one's socket.</summary>
    private unsafe void Signal(int end)
    {
        for (; _signalled < end; _signalled++)
        {
            Find(_events, _signalled, out uint events)?.OnSignalled(events);
        }
    }

    /// <summary>
    /// All receives of a batch, before any of them is handled: each part of the work finds its code and the kernel's still in the processor's caches.
    /// </summary>
    private unsafe void ReceiveAhead(byte* ready, int count)
    {
        for (int i = 0; i < count; i++)
        {
            PolledTransport? transport = Find(ready, i, out uint events);
            _ahead[i] = transport is not null && transport.TryReceiveAhead(events) ? transport : null;
        }
    }

    private unsafe void Register(SafeHandle socket, long number, uint events)
    {
        byte* registration = stackalloc byte[16];
        Span<byte> fields = new(registration, EventBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(fields, events);
        BinaryPrimitives.WriteInt64LittleEndian(fields[DataOffset..], number);
        if (LinuxCalls.Control(_poll, LinuxCalls.Add, socket, registration) != 0)
        {
            throw new SocketException((int)SocketError.NoBufferSpaceAvailable, new Win32Exception(Marshal.GetLastPInvokeError()).Message);
        }
    }

    private void Flush()
    {
        for (int i = 0; i < _holdingCount; i++)
        {
            ref PolledSender? sender = ref _holding[i];
            sender!.Flush(); // up to the count all are set
            sender = null;
        }

        _holdingCount = 0;
    }

    /// <summary>The transport of an event that was fetched.</summary>
    private unsafe PolledTransport? Find(byte* ready, int index, out uint events)
    {
        ReadOnlySpan<byte> fields = new(ready + (index * EventBytes), EventBytes); // fewer than were asked for
        events = BinaryPrimitives.ReadUInt32LittleEndian(fields);
        return Find(BinaryPrimitives.ReadInt64LittleEndian(fields[DataOffset..]));
    }

    private unsafe PolledListener? FindListener(byte* ready, int index)
    {
        long number = BinaryPrimitives.ReadInt64LittleEndian(new ReadOnlySpan<byte>(ready + (index * EventBytes) + DataOffset, sizeof(long)));
        return number < 0 ? Volatile.Read(ref _listeners)[~number] : null;
    }

    /// <summary>The transport of this number, or null where it was closed after its event had been fetched.</summary>
    private PolledTransport? Find(long number)
    {
        if (number < 0)
        {
            return null; // of a listener
        }

        Slot[] slots = Volatile.Read(ref _slots);
        ref readonly Slot slot = ref slots[(int)(uint)number];
        PolledTransport? transport = Volatile.Read(in slot.Transport);
        return Volatile.Read(in slot.Generation) == (int)(number >> 32) ? transport : null;
    }

    private struct Slot
    {
        public PolledTransport? Transport;
        public int Generation;
    }
}
