using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Dfu.Deployment.Tests.Prometheus;

/// <param name="Instance">The member, as a label.</param>
internal sealed record ScrapeTarget(string Job, string Instance, Uri Url);

/// <summary>A real Prometheus on a free port, with rules, that scrapes twice a second. What it knows is asked over its HTTP API.</summary>
internal sealed partial class PrometheusServer : IAsyncDisposable
{
    public static readonly TimeSpan Between = TimeSpan.FromMilliseconds(500);

    // Ends with the tests, however they end: then its input is closed.
    private const string UntilInputEnds = "\"$@\" & server=$!; cat >/dev/null; kill -TERM $server; wait $server";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dfu-prometheus-");
    private readonly StringBuilder _said = new();
    private readonly HttpClient _http = new();
    private Process? _process;

    private PrometheusServer()
    {
    }

    public static async Task<PrometheusServer> StartAsync(string rules, IReadOnlyList<ScrapeTarget> targets)
    {
        var server = new PrometheusServer();
        try
        {
            await server.BeginAsync(rules, targets);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>The series that an expression has now, by their labels, with their values.</summary>
    public async Task<IReadOnlyList<(IReadOnlyDictionary<string, string> Labels, double Value)>> QueryAsync(string expression) =>
        [.. (await AskAsync("query", ("query", expression))).GetProperty("result").EnumerateArray()
            .Select(series => (Labels(series), Number(series.GetProperty("value"))))];

    /// <summary>How many finite values an expression had from then to now, over all its series.</summary>
    public async Task<int> CountAsync(string expression, DateTimeOffset since)
    {
        var now = Seconds(TimeProvider.System.GetUtcNow());
        var range = await AskAsync("query_range", ("query", expression), ("start", Seconds(since)), ("end", now), ("step", "0.5"));
        return range.GetProperty("result").EnumerateArray()
            .Sum(series => series.GetProperty("values").EnumerateArray().Count(value => double.IsFinite(Number(value))));
    }

    public async Task<IReadOnlyList<string>> LabelValuesAsync(string series, string label) =>
        [.. (await AskAsync($"label/{label}/values", ("match[]", series))).EnumerateArray().Select(value => value.GetString()!)];

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.StandardInput.Close();
            await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System);
            _process.Dispose();
        }

        _http.Dispose();
        _folder.Delete(true);
    }

    private async Task BeginAsync(string rules, IReadOnlyList<ScrapeTarget> targets)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "alerts.yaml"), rules);
        var configuration = Path.Combine(_folder.FullName, "prometheus.yaml");
        await File.WriteAllTextAsync(configuration, Configuration(targets));
        string[] arguments =
        [
            PromTool.Server, $"--config.file={configuration}", $"--storage.tsdb.path={Path.Combine(_folder.FullName, "data")}",
            "--web.listen-address=127.0.0.1:0",
        ];
        _process = Process.Start(new ProcessStartInfo("sh", ["-c", UntilInputEnds, "sh", .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var listens = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        _process.ErrorDataReceived += (_, line) =>
        {
            lock (_said) _said.AppendLine(line.Data);
            if (Listening().Match(line.Data ?? "") is { Success: true } match) listens.TrySetResult(new($"http://{match.Groups[1].Value}/api/v1/"));
        };
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        if (await Task.WhenAny(listens.Task, _process.WaitForExitAsync()).WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System) != listens.Task)
            lock (_said) throw new InvalidOperationException($"Prometheus ended:\n{_said}");
        _http.BaseAddress = await listens.Task;
        while (!(await _http.GetAsync(new Uri("/-/ready", UriKind.Relative))).IsSuccessStatusCode)
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
    }

    private static string Configuration(IReadOnlyList<ScrapeTarget> targets)
    {
        var between = $"{Between.TotalMilliseconds}ms";
        var text = new StringBuilder()
            .Append(CultureInfo.InvariantCulture, $"global: {{ scrape_interval: {between}, scrape_timeout: {between}, evaluation_interval: {between} }}\n")
            .Append("rule_files: [alerts.yaml]\nscrape_configs:\n");
        foreach (var target in targets)
        {
            text.Append(CultureInfo.InvariantCulture, $"  - job_name: {target.Job}\n    static_configs:\n");
            text.Append(CultureInfo.InvariantCulture, $"      - {{ targets: ['{target.Url.Authority}'], labels: {{ instance: {target.Instance} }} }}\n");
        }

        return text.ToString();
    }

    private async Task<JsonElement> AskAsync(string what, params (string Name, string Value)[] parameters)
    {
        using var form = new FormUrlEncodedContent(parameters.Select(parameter => KeyValuePair.Create(parameter.Name, parameter.Value)));
        using var answer = await _http.GetAsync(new Uri($"{what}?{await form.ReadAsStringAsync()}", UriKind.Relative));
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        if (json.RootElement.GetProperty("status").GetString() != "success")
            throw new InvalidOperationException($"{parameters[0].Value}: {json.RootElement.GetProperty("error").GetString()}");
        return json.RootElement.GetProperty("data").Clone();
    }

    private static Dictionary<string, string> Labels(JsonElement series) =>
        series.GetProperty("metric").EnumerateObject().ToDictionary(label => label.Name, label => label.Value.GetString()!);

    private static double Number(JsonElement sample) =>
        double.Parse(sample[1].GetString()!.Replace("Inf", "Infinity", StringComparison.Ordinal), CultureInfo.InvariantCulture);

    private static string Seconds(DateTimeOffset at) => (at.ToUnixTimeMilliseconds() / 1000.0).ToString("0.000", CultureInfo.InvariantCulture);

    [GeneratedRegex(@"msg=""Listening on"" address=(\S+)")]
    private static partial Regex Listening();
}
