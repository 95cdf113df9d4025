using System.Net;
using System.Net.Http.Json;
using System.Reflection;
using System.Text.Json;
using Dfu.Protocol.Errors;

namespace Dfu.Api.Http;

/// <summary>Requests to one server: asked again while nobody answers, and every other end than a result as a <see cref="DfuException"/>.</summary>
internal sealed class HttpCalls : IDisposable
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(0.5);
    private static readonly string Version =
        typeof(HttpCalls).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";
    private readonly FleetHttpOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;

    /// <param name="handler">Takes the requests to the server; disposed of with this.</param>
    public HttpCalls(FleetHttpOptions options, TimeProvider time, HttpMessageHandler handler)
    {
        (_options, _time) = (options, time);
        _http = new(handler) { Timeout = Timeout.InfiniteTimeSpan, BaseAddress = options.Url };
        _http.DefaultRequestHeaders.UserAgent.Add(new("dfu", Version.Split('+')[0]));
        if (options.Key is { Length: > 0 } key) _http.DefaultRequestHeaders.Authorization = new("Bearer", key);
    }

    /// <summary>The server's address, for people.</summary>
    public string Place => _options.Url.ToString().TrimEnd('/');

    public void Dispose() => _http.Dispose();

    public Task<T> GetAsync<T>(string path, CancellationToken cancellationToken) =>
        CallAsync<T>(() => Request(HttpMethod.Get, path), again: true, cancellationToken);

    /// <summary>For who would rather know that nobody answers.</summary>
    public async Task<T> GetOnceAsync<T>(string path, CancellationToken cancellationToken)
    {
        try
        {
            return await TryAsync(() => Request(HttpMethod.Get, path), ReadAsync<T>, cancellationToken);
        }
        catch (Exception e) when (IsOutage(e, cancellationToken))
        {
            throw HttpRefusals.Silence(e, Place);
        }
    }

    /// <param name="again">The request may be made twice: when its answer was lost it may have been carried out.</param>
    public Task<T> PostAsync<T>(string path, object body, bool again, CancellationToken cancellationToken)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(body, ApiJson.Options);
        var key = again ? Guid.NewGuid().ToString("N") : null;
        return CallAsync<T>(() => Request(HttpMethod.Post, path, new ReadOnlyMemoryContent(json), "application/json", key), again, cancellationToken);
    }

    public Task<T> PostAsync<T>(string path, ReadOnlyMemory<byte> file, string mediaType, CancellationToken cancellationToken) =>
        CallAsync<T>(() => Request(HttpMethod.Post, path, new ReadOnlyMemoryContent(file), mediaType), again: true, cancellationToken);

    public Task DeleteAsync(string path, CancellationToken cancellationToken) =>
        SendAsync(() => Request(HttpMethod.Delete, path), static (_, _) => Task.FromResult(true), again: true, cancellationToken);

    public Task<T> DeleteAsync<T>(string path, CancellationToken cancellationToken) =>
        CallAsync<T>(() => Request(HttpMethod.Delete, path), again: true, cancellationToken);

    /// <summary>A file.</summary>
    public Task<byte[]> FileAsync(string path, CancellationToken cancellationToken) => SendAsync(
        () => Request(HttpMethod.Get, path), static (answer, stop) => answer.Content.ReadAsByteArrayAsync(stop), again: true, cancellationToken);

    /// <summary>Opens a stream of events, once.</summary>
    /// <param name="after">The id of the last event that was taken; null for none.</param>
    /// <exception cref="DfuException">It is refused.</exception>
    /// <exception cref="HttpRequestException">Nobody answers, or who does says that nobody is there now.</exception>
    public async Task<HttpResponseMessage> EventsAsync(string path, string? after, CancellationToken cancellationToken)
    {
        using var request = Request(HttpMethod.Get, path);
        request.Headers.Accept.Add(new("text/event-stream"));
        if (after is not null) request.Headers.TryAddWithoutValidation("Last-Event-ID", after);
        var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (answer.StatusCode == HttpStatusCode.OK && answer.Content.Headers.ContentType?.MediaType == "text/event-stream") return answer;
        using (answer) throw await RefusalAsync(answer, cancellationToken);
    }

    private static HttpRequestMessage Request(HttpMethod method, string path, HttpContent? content = null, string? mediaType = null, string? key = null)
    {
        var request = new HttpRequestMessage(method, path.TrimStart('/')) { Content = content };
        request.Headers.Accept.Add(new("*/*"));
        if (content is not null) content.Headers.ContentType = new(mediaType!);
        if (key is not null) request.Headers.Add(ApiHeaders.IdempotencyKey, key);
        return request;
    }

    private Task<T> CallAsync<T>(Func<HttpRequestMessage> request, bool again, CancellationToken cancellationToken) =>
        SendAsync(request, ReadAsync<T>, again, cancellationToken);

    private async Task<T> ReadAsync<T>(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        if (answer.Content.Headers.ContentType?.MediaType != "application/json") throw await RefusalAsync(answer, cancellationToken);
        try
        {
            return await answer.Content.ReadFromJsonAsync<T>(ApiJson.Options, cancellationToken)
                ?? throw HttpRefusals.Stranger(Place, "it answers nothing");
        }
        catch (JsonException e)
        {
            throw HttpRefusals.Stranger(Place, $"{answer.RequestMessage?.RequestUri?.AbsolutePath}: {e.Message}");
        }
    }

    private async Task<T> SendAsync<T>(
        Func<HttpRequestMessage> make, Func<HttpResponseMessage, CancellationToken, Task<T>> read, bool again, CancellationToken cancellationToken)
    {
        var begin = _time.GetTimestamp();
        while (true)
        {
            try
            {
                return await TryAsync(make, read, cancellationToken);
            }
            catch (Exception e) when (IsOutage(e, cancellationToken))
            {
                var reached = e is not HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError };
                if ((reached && !again) || HttpRefusals.IsHopeless(e) || _time.GetElapsedTime(begin) >= _options.RetryFor)
                    throw HttpRefusals.Silence(e, Place);
            }

            await Task.Delay(RetryPause, _time, cancellationToken);
        }
    }

    private async Task<T> TryAsync<T>(
        Func<HttpRequestMessage> make, Func<HttpResponseMessage, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(_options.AnswerFor, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        using var request = make();
        using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
        return answer.IsSuccessStatusCode ? await read(answer, either.Token) : throw await RefusalAsync(answer, either.Token);
    }

    private async Task<Exception> RefusalAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        var body = await answer.Content.ReadAsStringAsync(cancellationToken);
        var refusal = HttpRefusals.Of(answer.StatusCode, answer.Content.Headers.ContentType?.MediaType, body, Place, answer.Headers.Location);
        return HttpRefusals.IsOutage(answer.StatusCode) ? new HttpRequestException(refusal.Message, refusal, answer.StatusCode) : refusal;
    }

    /// <summary>Nobody answered, or who did says that nobody is there now.</summary>
    private static bool IsOutage(Exception e, CancellationToken cancellationToken) =>
        e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested);
}
