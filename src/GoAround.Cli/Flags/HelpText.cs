using System;
using System.Text;

namespace GoAround.Cli.Flags;

/// <summary>The page that <c>-h</c> prints, like a man page.</summary>
internal static class HelpText
{
    private const int Width = 80;
    private const int Indent = 7;

    private const string Head = """
        NAME
               goaround - HTTP load balancer

        SYNOPSIS
               goaround [-p PORT] [-b URL]... [-n COUNT] [flags]
               goaround -demo

        DESCRIPTION
               Balances HTTP/1.1 requests over backends, checks their health, tries another
               backend when one fails and the request may be sent again, and answers 503
               when none is available.

               A flag is written -name value, --name value, -name=value or --name=value.
               Durations are 500ms, 10s, 2m, 1h or 7d; a bare number is seconds.
               Sizes are bytes, or 64k, 1m or 2g, where k is 1024.

        OPTIONS

        """;

    private const string Tail = """
        CONTROL SOCKET
               A line sent to the control socket is a comma-separated list of addresses
               that replaces all backends while traffic flows, and is answered with a line:

                   $ echo 'http://10.0.0.1:80, http://10.0.0.2:80' | nc -N -U /tmp/goaround.sock
                   ok 2 backends, 1 added, 1 removed

               A line can also be one of these:

                   status             a line for the whole, then one for each backend
                   drain URL          nothing new for it; with wait, or wait 10m, answered
                                      once it carries nothing any more
                   resume URL         ends that

               and with -cache:

                   cache              what is stored, and how requests were answered
                   purge URL          removes what is stored under it: ok 2 responses purged
                   purge tag NAME     ... what names it in Surrogate-Key or Cache-Tag
                   purge all          ... everything

               A list with a fault changes nothing: error: ..., backends unchanged. The last
               line needs no newline: it counts when the sender ends its side (nc -N), or
               has been quiet for 500 ms. A connection ends after 60 s without a line. The
               socket's mode is 0600: only this user can change the backends.

        METRICS
               GET /metrics on -prometheus-port answers in Prometheus' text format, or in
               OpenMetrics when Accept asks for it. GET /healthz answers 200.

        SIGNALS
               SIGTERM, SIGINT
                      Stop accepting, finish the requests in flight (at most
                      -shutdown-timeout), then exit. A second one, 100 ms later or
                      more, ends at once.

        EXIT STATUS
               0      Ended by a signal, or -h or -version.
               1      Could not start: a port or the control socket cannot be opened; or
                      a second signal cut off the requests in flight.
               2      A flag is not allowed.

        EXAMPLES
               Two backends, port 3000:
                   goaround -b http://10.0.0.1:8080 -b http://10.0.0.2:8080

               TLS on port 443, at most 50 requests at once for each backend:
                   goaround -p 443 -cacert chain.pem -privkey key.pem -n 50 -b http://10.0.0.1

               Behind another proxy, and strict with slow clients:
                   goaround -b http://10.0.0.1 -trusted-proxies 10.0.0.0/8 -head-timeout 5s

               A cache of 1 GB, without the guess of -cache-ttl:
                   goaround -b http://10.0.0.1 -cache -cache-size 1g -cache-ttl 0

               See it work:
                   goaround -demo

        """;

    /// <summary>The whole page.</summary>
    public static string Make()
    {
        StringBuilder page = new(Head);
        foreach (FlagGroup group in FlagTable.Groups)
        {
            page.Append(' ', Indent / 2).Append(group.Title).Append("\n\n");
            foreach (Flag flag in group.Flags)
            {
                Describe(page, flag);
            }
        }

        return page.Append(Tail).ToString();
    }

    private static void Describe(StringBuilder page, Flag flag)
    {
        page.Append(' ', Indent).Append('-').Append(flag.Name);
        if (flag.Argument is not null)
        {
            page.Append(' ').Append(flag.Argument);
        }

        page.Append('\n');
        Wrap(page, flag.Text);
        if (flag.Argument is not null)
        {
            Wrap(page, $"Takes {flag.Allowed}.");
            Wrap(page, flag.Source == "-" ? $"Default: {flag.Default}." : $"Default: {flag.Default} ({flag.Source}).");
        }

        page.Append('\n');
    }

    private static void Wrap(StringBuilder page, string text)
    {
        int column = 0;
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (column > 0 && column + 1 + word.Length > Width)
            {
                page.Append('\n');
                column = 0;
            }

            int space = column == 0 ? 2 * Indent : 1;
            page.Append(' ', space).Append(word);
            column += space + word.Length;
        }

        page.Append('\n');
    }
}
