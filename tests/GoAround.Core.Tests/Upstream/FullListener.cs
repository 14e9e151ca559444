using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;

namespace GoAround.Core.Tests.Upstream;

/// <summary>A port whose queue is full: the kernel answers no further SYN, as where a host is unreachable.</summary>
internal sealed class FullListener : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> _fillers = [];

    private FullListener()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(0);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public static async Task<FullListener> OpenAsync()
    {
        FullListener full = new();
        while (true)
        {
            Socket filler = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            full._fillers.Add(filler);
            Task connecting = filler.ConnectAsync(IPAddress.Loopback, full.Port);
            if (await Task.WhenAny(connecting, Task.Delay(300)) != connecting && !filler.Poll(0, SelectMode.SelectWrite)) // the kernel's word: we may only be slow
            {
                _ = connecting.ContinueWith(static task => task.Exception, TaskScheduler.Default);
                return full;
            }
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        _fillers.ForEach(filler => filler.Dispose());
    }
}
