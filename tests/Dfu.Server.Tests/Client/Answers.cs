using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using Dfu.Api;
using Dfu.Api.Events;
using Dfu.Api.Http;
using Dfu.Protocol.Errors;

namespace Dfu.Server.Tests.Client;

/// <summary>A server that answers what it is told to, one request after the other; the last answer is given again and again.</summary>
internal sealed class Answers(params Func<HttpResponseMessage>[] answers) : HttpMessageHandler
{
    private int _given;

    /// <summary>What was asked, as <c>GET /api/v1/about</c>.</summary>
    public ConcurrentQueue<string> Asked { get; } = [];

    public ConcurrentQueue<HttpRequestMessage> Requests { get; } = [];

    public FleetHttpClient Client(TimeSpan? retryFor = null, string url = "http://station:5280/") =>
        new(new() { Url = new(url), Key = "k", RetryFor = retryFor ?? TimeSpan.FromSeconds(30) }, new JumpingTime(), this);

    public static HttpResponseMessage Json<T>(T value) => Text(HttpStatusCode.OK, "application/json", JsonSerializer.Serialize(value, ApiJson.Options));

    public static HttpResponseMessage Problem(HttpStatusCode status, DfuError error, string detail, string? remedy = null) =>
        Text(status, ApiHeaders.Problem, JsonSerializer.Serialize(new ApiProblem(null, "", (int)status, detail, error.Code(), remedy), ApiJson.Options));

    public static HttpResponseMessage Text(HttpStatusCode status, string type, string text) =>
        new(status) { Content = new StringContent(text, Encoding.UTF8, type) };

    public static HttpResponseMessage Nobody() => throw new HttpRequestException(HttpRequestError.ConnectionError, "Connection refused");

    /// <summary>The connection was there, and broke.</summary>
    public static HttpResponseMessage Broken() => throw new HttpRequestException(HttpRequestError.ResponseEnded, "The response ended prematurely");

    /// <summary>A stream of these events that ends.</summary>
    public static HttpResponseMessage Events(params (string Id, string Name, object Data)[] events)
    {
        var text = string.Concat(events.Select(static e => $"id: {e.Id}\nevent: {e.Name}\ndata: {JsonSerializer.Serialize(e.Data, EventJson.Options)}\n\n"));
        return Text(HttpStatusCode.OK, "text/event-stream", text);
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Asked.Enqueue($"{request.Method} {request.RequestUri!.PathAndQuery}");
        Requests.Enqueue(request);
        var answer = answers[Math.Min(Interlocked.Increment(ref _given), answers.Length) - 1]();
        answer.RequestMessage = request;
        return Task.FromResult(answer);
    }
}
