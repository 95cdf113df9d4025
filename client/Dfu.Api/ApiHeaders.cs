namespace Dfu.Api;

/// <summary>Headers that mean something to the API.</summary>
public static class ApiHeaders
{
    /// <summary>On POSTs that create: the same key with the same body is carried out once and answered alike; 1 to 200 visible characters.</summary>
    public const string IdempotencyKey = "Idempotency-Key";

    public const int LongestKey = 200;

    /// <summary>What a package is sent as.</summary>
    public const string Zip = "application/zip";

    public const string Problem = "application/problem+json";
}
