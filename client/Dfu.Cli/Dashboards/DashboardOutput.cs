using System.Text.RegularExpressions;

namespace Dfu.Cli.Dashboards;

/// <summary>What a dashboard says while it starts: where it listens, or what is wrong. Its lines come from two threads.</summary>
internal sealed partial class DashboardOutput
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource<DashboardAddress> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Uri? _page;
    private Uri? _http;
    private Uri? _grpc;
    private string? _fault;
    private string? _last;
    private bool _faultFollows;

    /// <summary>Ends when it listens everywhere.</summary>
    public Task<DashboardAddress> Listening => _listening.Task;

    /// <summary>The address that it could not have.</summary>
    public Uri? Refused { get; private set; }

    /// <summary>The first line that says what is wrong, else the last one.</summary>
    public string Fault
    {
        get
        {
            lock (_gate) return _fault ?? _last ?? "it said nothing";
        }
    }

    public void Take(string? line)
    {
        if (string.IsNullOrWhiteSpace(line)) return;
        lock (_gate)
        {
            _last = line.Trim();
            if (_faultFollows || _last.StartsWith("Unhandled exception", StringComparison.Ordinal)) _fault ??= _last;
            _faultFollows = line.StartsWith("fail:", StringComparison.Ordinal) || line.StartsWith("crit:", StringComparison.Ordinal);
            if (Bound().Match(line) is { Success: true } refused)
            {
                _fault = refused.Groups[2].Value;
                Refused = new(refused.Groups[1].Value);
            }

            if (Listens().Match(line) is not { Success: true } listens) return;
            var address = new Uri(listens.Groups[2].Value);
            switch (listens.Groups[1].Value)
            {
                case "OTLP/gRPC": _grpc = address; break;
                case "OTLP/HTTP": _http = address; break;
                default: _page = address; break;
            }

            if (_page is not null && _http is not null && _grpc is not null) _listening.TrySetResult(new(_page, _http, _grpc));
        }
    }

    [GeneratedRegex(@"(Now|OTLP/gRPC|OTLP/HTTP) listening on: (https?://\S+)")]
    private static partial Regex Listens();

    [GeneratedRegex(@"Failed to bind to address (https?://\S+?): (.*?)\.?$")]
    private static partial Regex Bound();
}
