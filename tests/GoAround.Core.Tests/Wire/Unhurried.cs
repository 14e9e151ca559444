using System;
using System.Linq;
using System.Reflection;
using GoAround.Core.Upstream;

namespace GoAround.Core.Tests.Wire;

/// <summary>Options whose deadlines lie out of reach: on a busy machine, and in manual time that runs while sockets work, none passes but the one that a test is about and sets itself.</summary>
internal static class Unhurried
{
    /// <summary>Farther than <see cref="Until.EndedAsync"/> puts the time before it gives up, and within what the options allow.</summary>
    public static readonly TimeSpan OutOfReach = TimeSpan.FromDays(20);

    public static UpstreamOptions Upstream() => PutOff(new UpstreamOptions());

    /// <summary>Puts every deadline off that still has its default.</summary>
    public static T PutOff<T>(T options)
        where T : new()
    {
        T usual = new();
        foreach (PropertyInfo deadline in typeof(T).GetProperties().Where(property => property.PropertyType == typeof(TimeSpan)))
        {
            if (deadline.GetValue(usual) is TimeSpan limit && limit > TimeSpan.Zero && limit.Equals(deadline.GetValue(options)))
            {
                deadline.SetValue(options, OutOfReach);
            }
        }

        return options;
    }
}
