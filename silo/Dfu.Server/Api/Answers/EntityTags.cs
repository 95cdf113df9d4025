using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using Dfu.Api;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Dfu.Server.Api.Answers;

/// <summary>Tells one state of something from another, by what the API says of it.</summary>
internal static class EntityTags
{
    private const int Bytes = 15;

    /// <summary>Of an answer as it would be sent.</summary>
    public static EntityTagHeaderValue OfValue<T>(T value) => Of(JsonSerializer.SerializeToUtf8Bytes(value, ApiJson.Options));

    public static EntityTagHeaderValue Of(ReadOnlySpan<byte> answer) => new($"\"{Base64Url.EncodeToString(SHA256.HashData(answer).AsSpan(0, Bytes))}\"");

    /// <summary>Whether one of a header's tags is this one; <c>*</c> is any.</summary>
    /// <param name="weak">A tag that stands for more than these very bytes counts too, as for If-None-Match.</param>
    public static bool IsAmong(this EntityTagHeaderValue tag, StringValues header, bool weak) =>
        EntityTagHeaderValue.TryParseList([.. header.OfType<string>()], out var tags)
        && tags.Any(one => one.Equals(EntityTagHeaderValue.Any) || one.Compare(tag, useStrongComparison: !weak));
}
