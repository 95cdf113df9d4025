using Dfu.Fleet.Telemetry;
using Dfu.Grains.Connections;
using Dfu.Protocol.Timing;
using Dfu.Silo.Storage.Postgres;
using Microsoft.Extensions.Logging;

namespace Dfu.Silo.Telemetry;

/// <summary>
/// What grains, radios and the host log: as single lines for an operator, from a level on, and whole for the collector, from Information on and of
/// others from Warning.
/// </summary>
/// <remarks>
/// Orleans' own lines are about members that do not answer, which it gets over: of them only those count that are two levels above. Who is kept
/// out by certificates is said in words, and the same once a minute, for strangers may knock as often as they like. Of single updates the operator
/// gets what is a level above: a large campaign has tens of thousands of such lines.
/// </remarks>
internal sealed class LineLog : ILoggerProvider
{
    private const string OfHost = "Dfu.Silo";
    private const int MostRemembered = 256;
    private static readonly TimeSpan SaidAgain = TimeSpan.FromMinutes(1);

    private readonly Action<string> _say;
    private readonly TimeProvider _time;
    private readonly ILoggerFactory? _export;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _known = [];
    private readonly LogLevel _said;

    /// <param name="least"><see cref="LogLevel.None"/> says nothing.</param>
    /// <param name="telemetry">Where the collector's share goes.</param>
    public LineLog(Action<string> say, LogLevel least, TimeProvider time, TelemetryExport? telemetry = null)
    {
        (_say, _said, _time, _export) = (say, least, time, telemetry?.Lines);
        Host = CreateLogger(OfHost);
        if (least <= LogLevel.Debug) Background.Overlooked += Overlooked;
    }

    /// <summary>Nothing below it is told to anybody.</summary>
    public LogLevel Least => Exported("Dfu.") is var exported && exported < _said ? exported : _said;

    /// <summary>For what the host itself logs.</summary>
    public ILogger Host { get; }

    public ILogger CreateLogger(string categoryName) => categoryName switch
    {
        TracedLines.Updates => new Category(this, categoryName, Above(1)),
        _ when categoryName.StartsWith("Dfu.", StringComparison.Ordinal) => new Category(this, categoryName, _said),
        _ when categoryName.StartsWith("Orleans.Connections.Security.", StringComparison.Ordinal) => new TlsCategory(this, categoryName, _said),
        _ => new Category(this, categoryName, Above(2)),
    };

    public void Dispose() => Background.Overlooked -= Overlooked;

    private LogLevel Above(int levels) => _said == LogLevel.None ? _said : (LogLevel)Math.Min((int)_said + levels, (int)LogLevel.Critical);

    /// <summary>From where on the collector gets lines.</summary>
    private LogLevel Exported(string category) => _export is null ? LogLevel.None
        : category == "Polly" ? LogLevel.None // tells of every try inside Orleans, which says itself what failed in the end
        : !category.StartsWith("Dfu.", StringComparison.Ordinal) ? LogLevel.Warning
        : _said < LogLevel.Information ? _said : LogLevel.Information;

    private void Overlooked(BackgroundFault fault) => Host.Overlooked(fault.Work, fault.Exception);

    private void Say(LogLevel level, string category, string text, Exception? exception)
    {
        var source = category is OfHost or TracedLines.Updates ? "" : $"{category}: ";
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
            if (_known.TryGetValue(text, out var at) && _time.GetElapsedTime(at) < SaidAgain) return false;
            if (_known.Count >= MostRemembered) _known.Clear();
            _known[text] = _time.GetTimestamp();
            return true;
        }
    }

    private class Category(LineLog log, string name, LogLevel least) : ILogger
    {
        private readonly ILogger? _export = log._export?.CreateLogger(name);
        private readonly LogLevel _exported = log.Exported(name);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None && (logLevel >= least || logLevel >= _exported);

        public virtual void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel)) return;
            if (logLevel >= least) log.Say(logLevel, name, formatter(state, null), exception);
            if (logLevel < _exported) return;
            LineFinish.At(log._time.GetUtcNow());
            _export?.Log(logLevel, eventId, state, exception, formatter);
        }
    }

    /// <summary>
    /// Of a handshake that failed: with whom and why. That somebody was held up for too long, or is gone, keeps nobody out: whoever is of the cluster
    /// tries again.
    /// </summary>
    private sealed class TlsCategory(LineLog log, string name, LogLevel least) : Category(log, name, least)
    {
        private readonly bool _serves = name.Contains("Server", StringComparison.Ordinal);
        private readonly LineLog _log = log;

        public override void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (TlsPeer.Current is not { } peer)
            {
                base.Log(logLevel, eventId, state, exception, formatter);
                return;
            }

            var who = peer.Address is System.Net.IPEndPoint { Address: var address } ? address.ToString() : "somebody";
            var (level, text) = peer.WhyKeptOut(exception) is { } why
                ? (logLevel, $"{(_serves ? "refused a connection from" : "cannot talk to")} {who}: {why}")
                : (exception is OperationCanceledException ? LogLevel.Information : LogLevel.Debug,
                    $"a connection {(_serves ? "from" : "to")} {who} ended before its TLS handshake was done");
            if (IsEnabled(level) && _log.IsNews(text)) _log.Host.Log(level, default, text, null, static (text, _) => text);
        }
    }
}
