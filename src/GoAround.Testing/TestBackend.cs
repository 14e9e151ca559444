using System;
using System.Collections.Generic;
using GoAround.Core;
using GoAround.Core.Http;

namespace GoAround.Testing;

/// <summary>
/// A backend in memory that does what a test says: it answers 200 at once until told otherwise. Methods that script it return it, so that calls can be chained. Moments count from the start of the clock. Set it up before the balancer
/// starts, or between two moves of the clock; read it when the clock stands still. A backend belongs to one clock.
/// </summary>
/// <example>
/// <code>
/// TestBackend a = new TestBackend("http://a").Takes(TimeSpan.FromMilliseconds(20));
/// TestBackend b = new TestBackend("http://b").DiesAt(TimeSpan.FromSeconds(3));
/// await using TestBalancer balancer = await TestBalancer.StartAsync(a, b);
/// TestLoad load = await balancer.LoadAsync(perSecond: 100, during: TimeSpan.FromSeconds(10));
/// Assert.Empty(load.Failures);
/// </code>
/// </example>
public sealed class TestBackend
{
    private readonly List<SeenRequest> _requests = [];
    private readonly List<SeenRequest> _checks = [];
    private readonly BackendLife _life = new();
    private readonly FaultPlan _faults = new();
    private readonly List<(TimeSpan From, TimeSpan Takes)> _delays = [];
    private readonly List<(TimeSpan From, bool IsHealthy)> _reports = [];
    private Func<SeenRequest, TestReply> _answer = static _ => new TestReply();
    private Func<SeenRequest, TestReply>? _answerChecks;
    private Random? _spread;
    private TimeSpan _spreadOver;

    /// <summary>Makes a backend that answers 200 at once.</summary>
    /// <param name="address">As <see cref="Core.Backend.Parse"/> reads it, such as <c>http://a</c> or <c>http://a weight=3</c>; nothing is looked up or dialled.</param>
    /// <exception cref="FormatException">It is not the address of a backend.</exception>
    public TestBackend(string address)
    {
        Backend = Backend.Parse(address);
    }

    /// <summary>Its address.</summary>
    public Backend Backend { get; }

    /// <summary>The requests it got whole, in order; those it refused are not among them.</summary>
    public IReadOnlyList<SeenRequest> Requests => _requests;

    /// <summary>The health checks it got, in order.</summary>
    public IReadOnlyList<SeenRequest> Checks => _checks;

    /// <summary>Requests it carries now, to the last byte of the answer; checks do not count.</summary>
    public int InFlight { get; private set; }

    /// <summary>The most it ever carried at once.</summary>
    public int MostInFlight { get; private set; }

    /// <summary>It runs.</summary>
    public bool IsAlive => _life.IsAlive;

    /// <summary>The clock it belongs to.</summary>
    internal ManualTime Time => _life.Time;

    /// <summary>What ends its waits early.</summary>
    internal BackendLife Life => _life;

    /// <summary>Answers every request so.</summary>
    /// <param name="statusCode">200..599.</param>
    /// <param name="text">The body.</param>
    /// <exception cref="ArgumentOutOfRangeException">The status is not 200..599.</exception>
    public TestBackend Answers(int statusCode, string text = "")
    {
        TestReply reply = new(statusCode, text);
        return Answers(_ => reply);
    }

    /// <summary>Answers each request by a script.</summary>
    /// <param name="answer">
    /// Runs within the clock when the request is there whole, before any delay. What it throws is the answer's <see cref="TestAnswer.Fault"/>; over
    /// <see cref="TestWire.Bytes"/> the call that moves the clock throws it.
    /// </param>
    /// <exception cref="ArgumentNullException"><paramref name="answer"/> is null.</exception>
    public TestBackend Answers(Func<SeenRequest, TestReply> answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        _answer = answer;
        return this;
    }

    /// <summary>Answers health checks by a script, in place of 200 or, where it says so, 503.</summary>
    /// <param name="answer">Runs within the clock.</param>
    /// <exception cref="ArgumentNullException"><paramref name="answer"/> is null.</exception>
    public TestBackend AnswersChecks(Func<SeenRequest, TestReply> answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        _answerChecks = answer;
        return this;
    }

    /// <summary>Takes so long from the whole request to the head of the answer; checks are answered at once.</summary>
    /// <param name="time">Zero or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative.</exception>
    public TestBackend Takes(TimeSpan time) => TakesFrom(TimeSpan.Zero, time);

    /// <summary>Takes so long for requests that come from a moment on: it becomes slow, or fast again.</summary>
    /// <param name="moment">From the clock's start; later calls win over earlier ones with the same moment.</param>
    /// <param name="time">Zero or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative.</exception>
    public TestBackend TakesFrom(TimeSpan moment, TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        _delays.Add((moment, time));
        return this;
    }

    /// <summary>Takes up to so much longer for each request, by chance.</summary>
    /// <param name="seed">The same seed gives the same delays.</param>
    /// <param name="most">Zero or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative.</exception>
    public TestBackend Varies(int seed, TimeSpan most)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, TimeSpan.Zero);
        _spread = new Random(seed);
        _spreadOver = most;
        return this;
    }

    /// <summary>Stops at a moment: what it carries is reset, and connections are refused from then on.</summary>
    /// <param name="moment">From the clock's start; one that has passed is now.</param>
    public TestBackend DiesAt(TimeSpan moment)
    {
        _life.Switch(moment, isAlive: false);
        return this;
    }

    /// <summary>Runs again from a moment on.</summary>
    /// <param name="moment">From the clock's start; one that has passed is now.</param>
    public TestBackend ComesBackAt(TimeSpan moment)
    {
        _life.Switch(moment, isAlive: true);
        return this;
    }

    /// <summary>Dies and comes back again and again, by chance; alive at first.</summary>
    /// <param name="seed">The same seed gives the same moments.</param>
    /// <param name="up">How long it lives each time: half of that to half as much again.</param>
    /// <param name="down">How long it is dead each time, likewise.</param>
    /// <exception cref="ArgumentOutOfRangeException">One of the times is not above zero.</exception>
    public TestBackend Flaps(int seed, TimeSpan up, TimeSpan down)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(up, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(down, TimeSpan.Zero);
        _life.Flap(new Random(seed), up, down);
        return this;
    }

    /// <summary>Stops now.</summary>
    public void Die() => _life.Change(isAlive: false);

    /// <summary>Runs again now.</summary>
    public void ComeBack() => _life.Change(isAlive: true);

    /// <summary>Answers checks with 503 from a moment on, while it goes on answering requests.</summary>
    /// <param name="moment">From the clock's start; the latest that has passed counts.</param>
    public TestBackend TurnsUnhealthyAt(TimeSpan moment)
    {
        _reports.Add((moment, false));
        return this;
    }

    /// <summary>Answers checks with 200 again from a moment on.</summary>
    /// <param name="moment">From the clock's start; the latest that has passed counts.</param>
    public TestBackend TurnsHealthyAt(TimeSpan moment)
    {
        _reports.Add((moment, true));
        return this;
    }

    /// <summary>Does wrong the next requests that come; checks are spared.</summary>
    /// <param name="fault">What it does.</param>
    /// <param name="times">How many; one or more.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="times"/> is below one.</exception>
    public TestBackend Fails(TestFault fault, int times = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(times, 1);
        _faults.Add(fault, times);
        return this;
    }

    /// <summary>Does wrong all that comes from one moment until another, checks too.</summary>
    /// <param name="fault">What it does.</param>
    /// <param name="from">The first moment, from the clock's start.</param>
    /// <param name="until">The first moment at which it does right again.</param>
    public TestBackend FailsBetween(TestFault fault, TimeSpan from, TimeSpan until)
    {
        _faults.Add(fault, from, until);
        return this;
    }

    /// <summary>Does wrong a share of the requests, by chance; checks are spared.</summary>
    /// <param name="seed">The same seed hits the same requests, where they come in the same order.</param>
    /// <param name="share">0..1.</param>
    /// <param name="faults">One of them each time; at least one.</param>
    /// <exception cref="ArgumentNullException">The faults are null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The share is out of range, or there is no fault.</exception>
    public TestBackend FailsAtRandom(int seed, double share, params TestFault[] faults)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(share);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(share, 1);
        ArgumentNullException.ThrowIfNull(faults);
        ArgumentOutOfRangeException.ThrowIfZero(faults.Length, nameof(faults));
        _faults.Add(new Random(seed), share, faults);
        return this;
    }

    /// <summary>The address.</summary>
    public override string ToString() => Backend.Address;

    /// <summary>From now on it lives by this clock.</summary>
    /// <exception cref="InvalidOperationException">It belongs to another clock.</exception>
    internal void Join(ManualTime time) => _life.Begin(time);

    /// <summary>What meets whoever dials: none, refused or unreachable.</summary>
    internal TestFault MeetDial(bool isCheck) => IsAlive ? _faults.TakeForDial(Time.Elapsed, isCheck) : TestFault.Refused;

    /// <summary>What goes wrong with a request that has come in.</summary>
    internal TestFault MeetRequest(bool isCheck) => _faults.TakeForRequest(Time.Elapsed, isCheck);

    /// <summary>A request begins to take room.</summary>
    internal void Enter()
    {
        InFlight++;
        MostInFlight = Math.Max(MostInFlight, InFlight);
    }

    /// <summary>A request takes room no more.</summary>
    internal void Leave() => InFlight--;

    /// <summary>Keeps a request that has come in whole.</summary>
    internal SeenRequest Record(string method, string target, string authority, FieldList fields, ReadOnlyMemory<byte> body, bool isCheck)
    {
        List<SeenRequest> seen = isCheck ? _checks : _requests;
        SeenRequest one = new(Time.Elapsed, seen.Count, method, target, authority, fields, body);
        seen.Add(one);
        return one;
    }

    /// <summary>What it answers to a request.</summary>
    internal TestReply ReplyTo(SeenRequest request, bool isCheck) =>
        !isCheck ? _answer(request)
        : _answerChecks is not null ? _answerChecks(request)
        : new TestReply(Latest(_reports, true) ? 200 : 503);

    /// <summary>How long it takes until it answers a request that comes now.</summary>
    internal TimeSpan TakeDelay(bool isCheck)
    {
        if (isCheck)
        {
            return TimeSpan.Zero;
        }

        return Latest(_delays, TimeSpan.Zero) + (_spread is null ? TimeSpan.Zero : _spreadOver * _spread.NextDouble());
    }

    private T Latest<T>(List<(TimeSpan From, T Value)> settings, T otherwise)
    {
        TimeSpan since = TimeSpan.MinValue;
        foreach ((TimeSpan from, T value) in settings)
        {
            if (from >= since && from <= Time.Elapsed)
            {
                since = from;
                otherwise = value;
            }
        }

        return otherwise;
    }
}
