using System.Text.Json;
using System.Text.Json.Serialization;
using Dfu.Fleet.AccessKeys;

namespace Dfu.Cli.Access;

/// <summary>What <c>dfu access list --json</c> prints: names and order of the fields are a contract.</summary>
internal sealed record AccessKeyListDocument(IReadOnlyList<AccessKeyDocument> Keys)
{
    public string ToJson() => JsonSerializer.Serialize(this, AccessKeyJson.Default.AccessKeyListDocument);
}

/// <summary>What <c>dfu access create --json</c> prints, and, without the secret, what is in the list.</summary>
internal sealed record AccessKeyDocument(
    string Id, string Name, string Role, bool InForce, DateTimeOffset MadeAt, string MadeBy, DateTimeOffset? ExpiresAt, DateTimeOffset? RevokedAt,
    string? RevokedBy, DateTimeOffset? LastUsed)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Secret { get; init; }

    public static AccessKeyDocument Of(AccessKey key, DateTimeOffset now, string? secret = null) => new(
        key.Id, key.Name, AccessKeyChanges.Word(key.Role), key.IsInForce(now), key.MadeAt.ToUniversalTime(), key.MadeBy, key.ExpiresAt?.ToUniversalTime(),
        key.RevokedAt?.ToUniversalTime(), key.RevokedBy, key.LastUsed?.ToUniversalTime()) { Secret = secret };

    public string ToJson() => JsonSerializer.Serialize(this, AccessKeyJson.Default.AccessKeyDocument);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(AccessKeyListDocument))]
internal sealed partial class AccessKeyJson : JsonSerializerContext;
