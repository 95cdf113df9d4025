using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Dfu.Cli.Tests.Telemetry;

/// <summary>A collector on loopback that takes OTLP over HTTP.</summary>
internal sealed class OtlpReceiver : IDisposable
{
    private readonly HttpListener _listener;
    private readonly Task _serving;

    public OtlpReceiver()
    {
        _listener = Listen(out var port);
        Endpoint = $"http://127.0.0.1:{port}";
        _serving = ServeAsync();
    }

    public string Endpoint { get; }
    public ConcurrentQueue<TraceExport> Traces { get; } = new();
    public ConcurrentQueue<MetricExport> Metrics { get; } = new();
    public ConcurrentQueue<LogExport> Logs { get; } = new();
    public ConcurrentQueue<string> Paths { get; } = new();

    public IReadOnlyList<OtlpSpan> Spans(string scope) => [.. SpanScopes.Where(spans => spans.Scope.Name == scope).SelectMany(spans => spans.Spans)];

    public IEnumerable<SpanScope> SpanScopes => Traces.SelectMany(export => export.Resources).SelectMany(resource => resource.Scopes);

    public IReadOnlyList<OtlpLine> Lines(string category) => [.. Logs.SelectMany(export => export.Resources).SelectMany(resource => resource.Scopes)
        .Where(lines => lines.Scope.Name == category).SelectMany(lines => lines.Lines)];

    /// <summary>As they were exported, one after another: counts are totals since the start.</summary>
    public IReadOnlyList<OtlpMetric> Exported(string name) => [.. Metrics.SelectMany(export => export.Resources).SelectMany(resource => resource.Scopes)
        .SelectMany(scope => scope.Metrics).Where(metric => metric.Name == name)];

    public OtlpMetric Last(string name) => Exported(name) is [.., var last] ? last : throw new InvalidOperationException($"{name} never arrived");

    public static Dictionary<string, string> Tags(IEnumerable<Attribute> attributes) => attributes.ToDictionary(
        attribute => attribute.Key,
        attribute => attribute.Value.ValueCase switch
        {
            AttributeValue.ValueOneofCase.Text => attribute.Value.Text,
            AttributeValue.ValueOneofCase.Flag => attribute.Value.Flag ? "true" : "false",
            AttributeValue.ValueOneofCase.Number => attribute.Value.Number.ToString(System.Globalization.CultureInfo.InvariantCulture),
            _ => attribute.Value.Real.ToString(System.Globalization.CultureInfo.InvariantCulture),
        });

    public void Dispose()
    {
        _listener.Abort();
        _serving.GetAwaiter().GetResult();
    }

    private static HttpListener Listen(out int port)
    {
        for (var attempt = 1; ; attempt++)
        {
            using (var free = new TcpListener(IPAddress.Loopback, 0))
            {
                free.Start();
                port = ((IPEndPoint)free.LocalEndpoint).Port;
            }

            var listener = new HttpListener { Prefixes = { $"http://127.0.0.1:{port}/" } };
            try
            {
                listener.Start();
                return listener;
            }
            catch (HttpListenerException) when (attempt < 10)
            {
                // Somebody was quicker.
            }
        }
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            var path = context.Request.Url!.AbsolutePath;
            Paths.Enqueue(path);
            using var body = new MemoryStream();
            await context.Request.InputStream.CopyToAsync(body);
            if (path.EndsWith("/traces", StringComparison.Ordinal)) Traces.Enqueue(TraceExport.Parser.ParseFrom(body.ToArray()));
            else if (path.EndsWith("/logs", StringComparison.Ordinal)) Logs.Enqueue(LogExport.Parser.ParseFrom(body.ToArray()));
            else if (path.EndsWith("/metrics", StringComparison.Ordinal)) Metrics.Enqueue(MetricExport.Parser.ParseFrom(body.ToArray()));
            context.Response.ContentType = "application/x-protobuf";
            context.Response.Close(); // an empty answer: all was taken
        }
    }
}
