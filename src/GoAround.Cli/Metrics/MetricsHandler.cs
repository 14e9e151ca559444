using System;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core;
using GoAround.Core.Http;
using Prometheus;

namespace GoAround.Cli.Metrics;

/// <summary>Answers on the metrics port: <c>/metrics</c>, <c>/healthz</c>, and <c>/</c>, which says where to look.</summary>
internal sealed class MetricsHandler(PrometheusBridge bridge) : ProxyHandler
{
    private const string Text = "text/plain; charset=utf-8";
    private const string PrometheusText = "text/plain; version=0.0.4; charset=utf-8";
    private const string OpenMetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    public override ValueTask<ProxyResponse> HandleAsync(ProxyRequest request, CancellationToken cancellationToken)
    {
        string target = Encoding.Latin1.GetString(request.Target.Span);
        int query = target.IndexOf('?', StringComparison.Ordinal);
        string path = query < 0 ? target : target[..query];
        if (path is not ("/" or "/metrics" or "/healthz"))
        {
            return new(Answer(request, 404, "There is nothing here. The metrics are at /metrics\n"));
        }

        if (!request.Method.IsGet && !request.Method.IsHead)
        {
            ProxyResponse refusal = Answer(request, 405, "Only GET and HEAD are answered here\n");
            refusal.Fields.Add("Allow", "GET, HEAD");
            return new(refusal);
        }

        return path switch
        {
            "/metrics" => ExportAsync(request, cancellationToken),
            "/healthz" => new(Answer(request, 200, "ok\n")),
            _ => new(Answer(request, 200, $"goaround {ProgramVersion.Text}\nThe metrics are at /metrics\n")),
        };
    }

    private static bool AsksForOpenMetrics(FieldList fields)
    {
        for (int i = 0; i < fields.Count; i++)
        {
            FieldLine line = fields[i];
            if (!Encoding.Latin1.GetString(line.Name).Equals("Accept", StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            foreach (string range in Encoding.Latin1.GetString(line.Value).Split(','))
            {
                string[] parts = range.Split(';', StringSplitOptions.TrimEntries);
                if (parts[0].Equals("application/openmetrics-text", StringComparison.OrdinalIgnoreCase) && Array.IndexOf(parts, "q=0") < 0)
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static ProxyResponse Answer(ProxyRequest request, int status, string text) =>
        Answer(request, status, Text, Encoding.UTF8.GetBytes(text));

    private static ProxyResponse Answer(ProxyRequest request, int status, string contentType, ReadOnlyMemory<byte> content)
    {
        ProxyResponse response = new()
        {
            StatusCode = status,
            ContentLength = content.Length,
            Body = request.Method.IsHead ? MessageBody.Empty : MessageBody.FromBytes(content),
        };
        response.Fields.Add("Content-Type", contentType);
        response.Fields.Add("Cache-Control", "no-store");
        return response;
    }

    private async ValueTask<ProxyResponse> ExportAsync(ProxyRequest request, CancellationToken cancellationToken)
    {
        bool openMetrics = AsksForOpenMetrics(request.Fields);
        ExpositionFormat format = openMetrics ? ExpositionFormat.OpenMetricsText : ExpositionFormat.PrometheusText;

        // A scrape of many backends takes milliseconds: not on the thread that polls the sockets of all requests.
        await Task.Yield();
        ReadOnlyMemory<byte> text = await bridge.ExportAsync(format, cancellationToken).ConfigureAwait(false);
        return Answer(request, 200, openMetrics ? OpenMetrics : PrometheusText, text);
    }
}
