using System.Collections.Generic;
using System.Globalization;
using System.Net;
using System.Text;

namespace GoAround.Cli.Demo;

/// <summary>What <c>-demo</c> prints: commands to copy into another terminal.</summary>
internal static class DemoCommands
{
    public static string Text(string scheme, IPEndPoint traffic, IPEndPoint? metrics, string? controlSocket, IReadOnlyList<string> backends)
    {
        StringBuilder text = new("\nTry, in another terminal (Ctrl-C ends the demo):\n\n");
        text.Append(CultureInfo.InvariantCulture, $"  curl {(scheme == "https" ? "-k " : "")}{scheme}://localhost:{traffic.Port}/\n");
        if (metrics is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $"  curl http://localhost:{metrics.Port}/metrics\n");
        }

        if (controlSocket is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $"  echo '{backends[0]}' | nc -N -U {controlSocket}\n");
        }

        return text.Append('\n').ToString();
    }
}
