using System;
using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace GoAround.Fuzz;

/// <summary>Keeps what the balancer logs as an error: that is a bug of its own, whatever the input was.</summary>
internal sealed class ErrorLog : ILoggerFactory, ILogger
{
    /// <summary>The errors so far.</summary>
    public ConcurrentQueue<string> Errors { get; } = new();

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => this;

    /// <inheritdoc/>
    public void AddProvider(ILoggerProvider provider)
    {
        // Nobody else listens.
    }

    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

    /// <inheritdoc/>
    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (logLevel >= LogLevel.Error)
        {
            Errors.Enqueue($"{formatter(state, exception)} {exception}");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Nothing is held.
    }
}
