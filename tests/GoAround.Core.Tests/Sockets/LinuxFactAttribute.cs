using System;
using Xunit;

namespace GoAround.Core.Tests.Sockets;

/// <summary>A fact about what only Linux has.</summary>
internal sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute()
    {
        if (!OperatingSystem.IsLinux())
        {
            Skip = "needs Linux";
        }
    }
}
