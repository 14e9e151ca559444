using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace GoAround.Profile;

/// <summary>A method, and what was counted in it.</summary>
internal sealed record CountedMethod(string Name, string Signature, int IlBytes, List<Counter> Counters)
{
    /// <summary>How often its most frequent edge was passed: how hot it is.</summary>
    public long Weight => Counters.Where(counter => counter.IsNumber && counter.Count == 1).Select(counter => Number(counter.Data[0])).DefaultIfEmpty().Max();

    /// <summary>A datum that is a number; the values of a histogram have a second one behind theirs.</summary>
    public static long Number(string datum) => long.Parse(datum.AsSpan(0, datum.IndexOf(' ') is > 0 and var end ? end : datum.Length), CultureInfo.InvariantCulture);

    /// <summary>This and the same method's counts of another process. Of what cannot be added the one counted more often stands.</summary>
    public CountedMethod With(CountedMethod other)
    {
        (CountedMethod more, CountedMethod less) = Weight >= other.Weight ? (this, other) : (other, this);
        List<Counter> sum = [];
        foreach (Counter counter in more.Counters)
        {
            Counter? same = less.Counters.Find(one => one with { Data = counter.Data } == counter);
            sum.Add(same is null || !counter.IsNumber || counter.Count != 1
                ? counter
                : counter with { Data = [(Number(counter.Data[0]) + Number(same.Data[0])).ToString(CultureInfo.InvariantCulture)] });
        }

        return more with { Counters = sum };
    }
}
