namespace Dfu.Api;

/// <summary>Headers that mean something to the API.</summary>
public static class ApiHeaders
{
    /// <summary>On POSTs that create: the same key with the same body is carried out once and answered alike; 1 to 200 visible characters.</summary>
    public const string IdempotencyKey = "Idempotency-Key";

    public const int LongestKey = 200;

    /// <summary>What a package is sent as.</summary>
    public const string Zip = "application/zip";

    /// <summary>The id of the event of a stream that its reader got last.</summary>
    public const string LastEventId = "Last-Event-ID";

    /// <summary>Server-sent events.</summary>
    public const string EventStream = "text/event-stream";

    public const string Problem = "application/problem+json";
}
