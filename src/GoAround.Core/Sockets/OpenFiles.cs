using System;
using System.Globalization;
using System.IO;

namespace GoAround.Core.Sockets;

/// <summary>How many files, sockets among them, this process may have open.</summary>
internal static class OpenFiles
{
    private const string LimitsFile = "/proc/self/limits";
    private const string OpenFolder = "/proc/self/fd";
    private const string LimitName = "Max open files";

    /// <summary>The limit, or null where the system has none or does not tell.</summary>
    public static int? Limit()
    {
        try
        {
            return File.Exists(LimitsFile) ? Parse(File.ReadAllText(LimitsFile)) : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Reads the soft limit in the form of /proc/PID/limits; null where it is unlimited or not there.</summary>
    public static int? Parse(string limits)
    {
        foreach (ReadOnlySpan<char> line in limits.AsSpan().EnumerateLines())
        {
            if (line.StartsWith(LimitName, StringComparison.Ordinal))
            {
                ReadOnlySpan<char> rest = line[LimitName.Length..].TrimStart();
                int end = rest.IndexOf(' ');
                return int.TryParse(end < 0 ? rest : rest[..end], NumberStyles.None, CultureInfo.InvariantCulture, out int soft) ? soft : null;
            }
        }

        return null;
    }

    /// <summary>How many are open now; 0 where the system does not tell.</summary>
    public static int Count()
    {
        try
        {
            return Directory.Exists(OpenFolder) ? Directory.GetFileSystemEntries(OpenFolder).Length : 0;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>How many client connections fit: a quarter of the limit, and 64 at least, is left for backends, logs and the runtime itself, which dies where it cannot open a pipe for a new thread.</summary>
    public static int RoomForClients(int limit, int open) => Math.Max(1, limit - open - Math.Max(64, limit / 4));
}
