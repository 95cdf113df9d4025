using Microsoft.Extensions.Logging;

namespace Dfu.Silo.Cluster.Hosting;

/// <summary>Orleans' errors as single lines; what it only warns of is its own business.</summary>
internal sealed class ServerLog(Action<string> say) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => new Category(categoryName, say);

    public void Dispose()
    {
    }

    private sealed class Category(string name, Action<string> say) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)) say(exception is null ? $"{name}: {formatter(state, null)}" : $"{name}: {formatter(state, null)} {exception.GetType().Name}: {exception.Message}");
        }
    }
}
