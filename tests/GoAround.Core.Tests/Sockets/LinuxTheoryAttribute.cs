using System;
using Xunit;

namespace GoAround.Core.Tests.Sockets;

/// <summary>Facts about what only Linux has.</summary>
internal sealed class LinuxTheoryAttribute : TheoryAttribute
{
    public LinuxTheoryAttribute()
    {
        if (!OperatingSystem.IsLinux())
        {
            Skip = "needs Linux";
        }
    }
}
