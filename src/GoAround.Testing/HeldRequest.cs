using System.Threading.Tasks;
using GoAround.Core;

namespace GoAround.Testing;

/// <summary>
/// A request whose client keeps the answer, and with it the connection it came by, until the test ends it: what a slow client is to the pool. Made by
/// <see cref="TestBalancer.Hold(ProxyRequest, System.Threading.CancellationToken)"/>. Read it when the clock stands still.
/// </summary>
public sealed class HeldRequest
{
    private readonly ManualTime _time;
    private readonly TaskCompletionSource _end = new();

    internal HeldRequest(ManualTime time)
    {
        _time = time;
    }

    /// <summary>What it got, its body read to the end; null while it waits for that. Where no head came, since the client left or a step threw, nothing is held.</summary>
    public TestAnswer? Answer { get; private set; }

    /// <summary>Who answered; null: nobody yet, or the balancer itself.</summary>
    public Backend? Backend => Answer?.Backend;

    /// <summary>Gives the answer back, and returns when nothing is left to run; called by what the clock runs, at once. One that has not come yet is given back as soon as it comes. Called again, it does nothing.</summary>
    public void End()
    {
        if (_time.IsInside)
        {
            _end.TrySetResult();
            return;
        }

        _time.Enter(() => _end.TrySetResult());
        _time.RunUntilIdle();
    }

    /// <summary>Status and who it was, for the message of an assertion.</summary>
    public override string ToString() => Answer?.ToString() ?? "not answered yet";

    /// <summary>Has its answer, and waits for its end.</summary>
    internal Task KeepAsync(TestAnswer answer, bool isOpen)
    {
        Answer = answer;
        return isOpen ? _end.Task : Task.CompletedTask;
    }
}
