using System;
using System.Threading.Channels;

namespace GoAround.Core.Async;

/// <summary>A channel for one reader, who never goes on in a writer's stack, but on the thread pool, or in the runner of a clock that has one.</summary>
internal sealed class Mailbox<T>
{
    private readonly IWorkRunner? _runner;
    private readonly Channel<T> _items;

    /// <summary>Makes an empty one.</summary>
    /// <param name="time">Says where the reader goes on.</param>
    /// <param name="capacity">What is posted while so many are in it is left out; null: any number.</param>
    public Mailbox(TimeProvider time, int? capacity = null)
    {
        _runner = time as IWorkRunner;
        bool runsInside = _runner is not null;
        _items = capacity is { } most
            ? Channel.CreateBounded<T>(new BoundedChannelOptions(most) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true, AllowSynchronousContinuations = runsInside })
            : Channel.CreateUnbounded<T>(new UnboundedChannelOptions { SingleReader = true, AllowSynchronousContinuations = runsInside });
    }

    /// <summary>What was put in, in order; completes once it was closed.</summary>
    public ChannelReader<T> Reader => _items.Reader;

    /// <summary>Puts one in, where it is not closed. Never waits, never runs the reader.</summary>
    public void Post(T item)
    {
        if (_runner is null)
        {
            _items.Writer.TryWrite(item);
        }
        else
        {
            _runner.Enqueue(state => _items.Writer.TryWrite((T)state!), item); // it is the item
        }
    }

    /// <summary>Takes nothing more; what is in it can still be read.</summary>
    public void Close()
    {
        if (_runner is null)
        {
            _items.Writer.TryComplete();
        }
        else
        {
            _runner.Enqueue(_ => _items.Writer.TryComplete(), null);
        }
    }
}
