using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace GoAround.Core.Hosting;

/// <summary>
/// Applies the backends of a configuration that changes to the running pool. It makes the options anew by itself: an <see cref="IOptionsMonitor{TOptions}"/> throws wrong ones at
/// whoever reloads, where nobody logs them (docs/decisions/0031). Safe for concurrent use.
/// </summary>
internal sealed class OptionsReload : IAsyncDisposable
{
    /// <summary>How long it waits for more of the same: an editor that saves a file is several changes.</summary>
    public static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<IDisposable> _registrations = [];
    private readonly string _name;
    private readonly GoAroundOptions _running;
    private readonly IBackendPool _pool;
    private readonly IOptionsFactory<GoAroundOptions> _factory;
    private readonly IEnumerable<IOptionsChangeTokenSource<GoAroundOptions>> _sources;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private string? _applied; // null: a replacement has failed, and nobody knows how far it came
    private string _refusal = "";
    private string _restart = "";
    private Task _loop = Task.CompletedTask;
    private Task? _end;

    /// <param name="name">The name of the options; empty for those without one.</param>
    /// <param name="running">What the pool was started with.</param>
    /// <param name="pool">Given the new backends.</param>
    /// <param name="factory">Makes options and checks them.</param>
    /// <param name="sources">Tell that they may be others; those of other names are passed over.</param>
    /// <param name="time">Of <see cref="Settling"/>.</param>
    /// <param name="log">Told what is refused, and what waits for the next start.</param>
    public OptionsReload(
        string name,
        GoAroundOptions running,
        IBackendPool pool,
        IOptionsFactory<GoAroundOptions> factory,
        IEnumerable<IOptionsChangeTokenSource<GoAroundOptions>> sources,
        TimeProvider time,
        ILogger<OptionsReload> log)
    {
        _name = name;
        _running = running;
        _pool = pool;
        _factory = factory;
        _sources = sources;
        _time = time;
        _log = log;
        _applied = SettingTable.Backends.Show(running);
    }

    private string ShownName => _name.Length == 0 ? "the balancer" : $"pool '{_name}'";

    /// <summary>From here on changes are applied, and those since the options were made; again: nothing.</summary>
    public void Start()
    {
        lock (_gate)
        {
            if (_end is not null || _registrations.Count > 0)
            {
                return;
            }

            foreach (IOptionsChangeTokenSource<GoAroundOptions> source in _sources)
            {
                if ((source.Name ?? Options.DefaultName) == _name)
                {
                    _registrations.Add(ChangeToken.OnChange(source.GetChangeToken, NoteChange));
                }
            }

            if (_registrations.Count > 0)
            {
                NoteChange();
                _loop = WatchAsync(_stopping.Token);
            }
        }
    }

    /// <summary>Takes up no further change, and waits for the one that is being applied, as long as the token allows; the disposal waits in any case.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        try
        {
            await DisposeAsync().AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // the check of a backend that went may last
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            return new(_end ??= EndAsync());
        }
    }

    private async Task EndAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        foreach (IDisposable registration in _registrations)
        {
            registration.Dispose();
        }

        await _loop.ConfigureAwait(false);
        _stopping.Dispose();
    }

    // A full channel means that a change is noted already.
    private void NoteChange() => _changes.Writer.TryWrite(true);

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await _changes.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                await Task.Delay(Settling, _time, cancellationToken).ConfigureAwait(false);
                _changes.Reader.TryRead(out _);
                await ApplyAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // the end
        }
    }

    private async Task ApplyAsync(CancellationToken cancellationToken)
    {
        try
        {
            GoAroundOptions changed = _factory.Create(_name);
            string backends = SettingTable.Backends.Show(changed);
            if (changed.Backends.Count == 0 && _applied is not "")
            {
                Refuse("Backends is empty, as that of a file is that is missing or half written; to empty a pool that runs, use IBackendPool.ReplaceAsync", null);
                return;
            }

            if (backends != _applied)
            {
                _applied = null;
                await _pool.ReplaceAsync(Composition.Backends(changed), cancellationToken).ConfigureAwait(false);
                _applied = backends;
            }

            _refusal = "";
            ReportRestart(changed);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (OptionsValidationException wrong)
        {
            Refuse(wrong.Message, null);
        }
        catch (Exception fault) // what sets the options, and the pool, may be anybody's code
        {
            Refuse(fault.Message, fault);
        }
    }

    private void Refuse(string reason, Exception? fault)
    {
        if (reason != _refusal)
        {
            _refusal = reason;
            HostingLog.ChangeRefused(_log, ShownName, reason, fault);
        }
    }

    private void ReportRestart(GoAroundOptions changed)
    {
        List<string> differences = [];
        foreach (Setting setting in SettingTable.Fixed)
        {
            string now = setting.Show(_running);
            string then = setting.Show(changed);
            if (now != then)
            {
                differences.Add($"{setting.Key} ({now}, then {then})");
            }
        }

        string restart = string.Join("; ", differences);
        if (restart != _restart)
        {
            _restart = restart;
            if (restart.Length > 0)
            {
                HostingLog.ChangeNeedsRestart(_log, ShownName, restart);
            }
        }
    }
}
