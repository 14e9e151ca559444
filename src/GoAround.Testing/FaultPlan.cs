using System;
using System.Collections.Generic;

namespace GoAround.Testing;

/// <summary>Which fault meets whom: by number, by moment, by chance.</summary>
internal sealed class FaultPlan
{
    private readonly List<(TestFault Fault, int Left)> _next = [];
    private readonly List<(TestFault Fault, TimeSpan From, TimeSpan Until)> _windows = [];
    private readonly List<(Random Random, double Share, TestFault[] Faults)> _chances = [];
    private TestFault _drawn;
    private bool _hasDrawn;

    /// <summary>The next requests.</summary>
    public void Add(TestFault fault, int times) => _next.Add((fault, times));

    /// <summary>All that comes between two moments.</summary>
    public void Add(TestFault fault, TimeSpan from, TimeSpan until) => _windows.Add((fault, from, until));

    /// <summary>A share of the requests.</summary>
    public void Add(Random random, double share, TestFault[] faults) => _chances.Add((random, share, faults));

    /// <summary>What meets a dial.</summary>
    public TestFault TakeForDial(TimeSpan now, bool isCheck) => Take(now, isCheck, isDial: true);

    /// <summary>What meets a request that got through.</summary>
    public TestFault TakeForRequest(TimeSpan now, bool isCheck) => Take(now, isCheck, isDial: false);

    private static bool IsOfDial(TestFault fault) => fault is TestFault.Refused or TestFault.Unreachable;

    private TestFault Take(TimeSpan now, bool isCheck, bool isDial)
    {
        foreach ((TestFault fault, TimeSpan from, TimeSpan until) in _windows)
        {
            if (now >= from && now < until && IsOfDial(fault) == isDial)
            {
                return fault;
            }
        }

        if (isCheck)
        {
            return TestFault.None;
        }

        if (_next.Count > 0)
        {
            (TestFault fault, int left) = _next[0];
            if (IsOfDial(fault) != isDial)
            {
                return TestFault.None;
            }

            _next[0] = (fault, left - 1);
            if (left == 1)
            {
                _next.RemoveAt(0);
            }

            return fault;
        }

        // Drawn once for a request, at its dial where it has one.
        TestFault drawn = _hasDrawn ? _drawn : Draw();
        bool isMine = drawn != TestFault.None && IsOfDial(drawn) == isDial;
        _hasDrawn = isDial && !isMine;
        _drawn = drawn;
        return isMine ? drawn : TestFault.None;
    }

    private TestFault Draw()
    {
        foreach ((Random random, double share, TestFault[] faults) in _chances)
        {
            if (random.NextDouble() < share)
            {
                return faults[random.Next(faults.Length)];
            }
        }

        return TestFault.None;
    }
}
