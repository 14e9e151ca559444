using System;
using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace GoAround.Core.Tests.Proof;

/// <summary>Picks out of Kestrel's log why it refused a request.</summary>
internal sealed class RefusalLog : ILoggerProvider, ILogger
{
    /// <summary>Where the reasons go.</summary>
    public ConcurrentQueue<string> Refusals { get; set; } = new();

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (eventId.Name == "ConnectionBadRequest" && exception is not null)
        {
            Refusals.Enqueue(exception.Message);
        }
    }

    public void Dispose()
    {
        // Nothing is held.
    }
}
