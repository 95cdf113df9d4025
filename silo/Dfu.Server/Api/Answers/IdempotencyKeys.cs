using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Dfu.Api;
using Dfu.Protocol.Errors;
using Microsoft.AspNetCore.Http;

namespace Dfu.Server.Api.Answers;

/// <summary>By what a client tells a request from all others of its own.</summary>
internal static class IdempotencyKeys
{
    /// <param name="by">Who asks: keys of two callers are never the same.</param>
    /// <returns>64 hexadecimal digits; empty when the request has no key.</returns>
    /// <exception cref="DfuException">InvalidArgument for a key that is none.</exception>
    public static string Of(HttpRequest request, string by)
    {
        var header = request.Headers[ApiHeaders.IdempotencyKey];
        if (header.Count == 0) return "";
        if (header is not [{ Length: > 0 and <= ApiHeaders.LongestKey } key] || !key.All(static character => character is > ' ' and < '\x7f'))
            throw new DfuException(DfuError.InvalidArgument, $"{ApiHeaders.IdempotencyKey} is 1 to {ApiHeaders.LongestKey} visible ASCII characters, once");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{by}\n{key}")));
    }

    /// <summary>The same for the same request, however it was written.</summary>
    public static string Content<T>(T request) => Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(request, ApiJson.Options)));
}
