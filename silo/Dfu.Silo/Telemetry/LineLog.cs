using Dfu.Grains.Connections;
using Dfu.Protocol.Timing;
using Dfu.Silo.Storage.Postgres;
using Microsoft.Extensions.Logging;

namespace Dfu.Silo.Telemetry;

/// <summary>What grains, radios and the host log, as single lines for an operator, from a level on.</summary>
/// <remarks>
/// Orleans' own lines are about members that do not answer, which it gets over: of them only those count that are two levels above. Who is kept
/// out by certificates is said in words, and the same once a minute, for strangers may knock as often as they like.
/// </remarks>
internal sealed class LineLog : ILoggerProvider
{
    private const int MostRemembered = 256;
    private static readonly TimeSpan SaidAgain = TimeSpan.FromMinutes(1);

    private readonly Action<string> _say;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _said = [];

    /// <param name="least"><see cref="LogLevel.None"/> says nothing.</param>
    public LineLog(Action<string> say, LogLevel least, TimeProvider time)
    {
        (_say, Least, _time) = (say, least, time);
        Host = CreateLogger("Dfu.Silo");
        if (least <= LogLevel.Debug) Background.Overlooked += Overlooked;
    }

    /// <summary>Nothing below it is told.</summary>
    public LogLevel Least { get; }

    /// <summary>For what the host itself logs.</summary>
    public ILogger Host { get; }

    public ILogger CreateLogger(string categoryName) => categoryName switch
    {
        _ when categoryName.StartsWith("Dfu.", StringComparison.Ordinal) => new Category(this, categoryName, Least),
        _ when categoryName.StartsWith("Orleans.Connections.Security.", StringComparison.Ordinal) => new TlsCategory(this, categoryName, Least),
        _ when Least == LogLevel.None => new Category(this, categoryName, LogLevel.None),
        _ => new Category(this, categoryName, (LogLevel)Math.Min((int)Least + 2, (int)LogLevel.Critical)),
    };

    public void Dispose() => Background.Overlooked -= Overlooked;

    private void Overlooked(BackgroundFault fault) => Host.Overlooked(fault.Work, fault.Exception);

    private void Say(LogLevel level, string category, string text, Exception? exception)
    {
        var source = category == "Dfu.Silo" ? "" : $"{category}: ";
        var cause = exception is null ? "" : $" {exception.GetType().Name}: {FirstLine(exception)}";
        _say(Secrets.Hide($"{Word(level)}{source}{text}{cause}"));
    }

    private static string Word(LogLevel level) => level switch
    {
        >= LogLevel.Error => "",
        LogLevel.Warning => "warning: ",
        LogLevel.Information => "info: ",
        LogLevel.Debug => "debug: ",
        _ => "trace: ",
    };

    // Orleans' storage providers put whole stack traces into their messages.
    private static string FirstLine(Exception exception) =>
        exception.Message.AsSpan().Trim() is var message && message.IndexOfAny('\r', '\n') is >= 0 and var end
            ? message[..end].TrimEnd().ToString()
            : message.ToString();

    private bool IsNews(string text)
    {
        lock (_gate)
        {
            if (_said.TryGetValue(text, out var at) && _time.GetElapsedTime(at) < SaidAgain) return false;
            if (_said.Count >= MostRemembered) _said.Clear();
            _said[text] = _time.GetTimestamp();
            return true;
        }
    }

    private class Category(LineLog log, string name, LogLevel least) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= least && logLevel != LogLevel.None;

        public virtual void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)) log.Say(logLevel, name, formatter(state, null), exception);
        }
    }

    /// <summary>Of a handshake that failed: with whom and why.</summary>
    private sealed class TlsCategory(LineLog log, string name, LogLevel least) : Category(log, name, least)
    {
        private readonly string _begin = name.Contains("Server", StringComparison.Ordinal) ? "refused a connection from" : "cannot talk to";
        private readonly LineLog _log = log;

        public override void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (TlsPeer.Current is not { } peer)
            {
                base.Log(logLevel, eventId, state, exception, formatter);
                return;
            }

            if (!IsEnabled(logLevel) || peer.Explain(exception) is not { } why) return;
            var who = peer.Address is System.Net.IPEndPoint { Address: var address } ? address.ToString() : "somebody";
            if (_log.IsNews(who + why)) _log.Say(logLevel, "Dfu.Silo", $"{_begin} {who}: {why}", null);
        }
    }
}
