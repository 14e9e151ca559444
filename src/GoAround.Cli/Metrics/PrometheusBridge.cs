using System;
using System.Diagnostics.Metrics;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core;
using GoAround.Core.Observability;
using Prometheus;

namespace GoAround.Cli.Metrics;

/// <summary>
/// Listens to the balancer's meter and keeps prometheus-net's series up to date. A measurement costs a search among its tags
/// and an addition: the series are held, not looked up by label, and no exemplars are taken.
/// </summary>
internal sealed class PrometheusBridge : IDisposable
{
    private readonly CollectorRegistry _registry = Prometheus.Metrics.NewCustomRegistry();
    private readonly MeterListener _listener = new();
    private readonly SemaphoreSlim _turn = new(1);
    private readonly RequestSeries _requests;
    private readonly BackendTable _backends;
    private readonly CacheSeries _cache;
    private readonly ProcessSeries _process;

    public PrometheusBridge(GoAroundMeter meter, IBackendPool pool)
    {
        MetricFactory metrics = Prometheus.Metrics.WithCustomRegistry(_registry);
        metrics.ExemplarBehavior = ExemplarBehavior.NoExemplars();
        _requests = new RequestSeries(metrics);
        _backends = new BackendTable(metrics, pool);
        _cache = new CacheSeries(metrics);
        _process = new ProcessSeries(metrics);

        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == meter.Meter && Find(instrument.Name) is { } recorder)
            {
                listener.EnableMeasurementEvents(instrument, recorder);
            }
        };
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, recorder) => (recorder as Recorder)?.Invoke(value, tags));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, recorder) => (recorder as Recorder)?.Invoke(value, tags));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, recorder) => (recorder as Recorder)?.Invoke(value, tags));
        _listener.Start();
    }

    /// <summary>Writes all series as they are now, in Prometheus' text format or in OpenMetrics.</summary>
    public async Task<ReadOnlyMemory<byte>> ExportAsync(ExpositionFormat format, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            _listener.RecordObservableInstruments();
            _backends.Prune();
            _process.Update();
            using MemoryStream text = new();
            await _registry.CollectAndExportAsTextAsync(text, format, cancellationToken).ConfigureAwait(false);
            return text.ToArray();
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        _turn.Dispose();
    }

    private Recorder? Find(string instrument) => _requests.Find(instrument) ?? _backends.Find(instrument) ?? _cache.Find(instrument);
}
