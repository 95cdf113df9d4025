using Microsoft.Extensions.Logging;

namespace Dfu.Silo.Serve;

/// <summary>
/// The fleet's errors as single lines. Orleans' own are about members that do not answer, which it gets over; only what ends the silo is told.
/// </summary>
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

        private readonly LogLevel _least = name.StartsWith("Dfu.", StringComparison.Ordinal) ? LogLevel.Error : LogLevel.Critical;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= _least;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                say(
                    exception is null
                        ? $"{name}: {formatter(state, null)}"
                        : $"{name}: {formatter(state, null)} {exception.GetType().Name}: {FirstLine(exception)}");
            }
        }

        // Orleans' storage providers put whole stack traces into their messages.
        private static string FirstLine(Exception exception) =>
            exception.Message.AsSpan().Trim() is var message && message.IndexOfAny('\r', '\n') is >= 0 and var end
                ? message[..end].TrimEnd().ToString()
                : message.ToString();
    }
}
