using System.Text.Json;
using System.Text.RegularExpressions;
using Dfu.Api;
using Dfu.Protocol.Errors;
using Microsoft.AspNetCore.Http;

namespace Dfu.Server.Api.Problems;

/// <summary>Says what is wrong with a request that does not fit its endpoint.</summary>
internal static partial class BadRequests
{
    public static ApiProblem Explain(BadHttpRequestException e, HttpRequest request) => e switch
    {
        { StatusCode: StatusCodes.Status413PayloadTooLarge } => TooLarge(),
        { StatusCode: StatusCodes.Status415UnsupportedMediaType } => OtherType(request),
        { StatusCode: StatusCodes.Status408RequestTimeout } => ApiProblems.Of(
            DfuError.InvalidArgument, "the body came too slowly, and was given up", "Send it again, faster.", e.StatusCode),
        { InnerException: JsonException flaw } => ApiProblems.Of(DfuError.InvalidArgument, Sentence(flaw)),
        _ when Unbound().Match(e.Message) is { Success: true } parameter => ApiProblems.Of(
            DfuError.InvalidArgument, $"{parameter.Groups["name"].Value} cannot be '{parameter.Groups["value"].Value}'"),
        _ when Missing().Match(e.Message) is { Success: true } parameter => ApiProblems.Of(
            DfuError.InvalidArgument, $"{(parameter.Groups["source"].Value.Contains("body", StringComparison.Ordinal) ? "the body" : parameter.Groups["name"].Value)} is missing"),
        _ => ApiProblems.Of(DfuError.InvalidArgument, e.Message.TrimEnd('.'), null, e.StatusCode),
    };

    public static ApiProblem TooLarge(long? most = null) => ApiProblems.Of(
        DfuError.PackageTooLarge,
        most is null ? "the body is larger than this request may be" : $"the body has more than the {most} bytes that a package may have here",
        most is null ? "Send less at once: a campaign has at most 20000 devices." : "Check that it is the package; the server's operator may allow more.",
        StatusCodes.Status413PayloadTooLarge);

    public static ApiProblem OtherType(HttpRequest request) => ApiProblems.Of(
        DfuError.InvalidArgument,
        $"the body is {(string.IsNullOrEmpty(request.ContentType) ? "of no type" : request.ContentType)}",
        "Send Content-Type: application/json, or application/zip for a package.",
        StatusCodes.Status415UnsupportedMediaType);

    /// <summary>Where in the document, and what: without the names of this program's types, which tell a caller nothing.</summary>
    private static string Sentence(JsonException flaw)
    {
        var path = flaw.Path is { Length: > 2 } deep && deep.StartsWith("$.", StringComparison.Ordinal) ? deep[2..] : "the body";
        var text = Place().Replace(flaw.InnerException is FormatException inner ? inner.Message : flaw.Message, "").TrimEnd('.');
        var what = text switch
        {
            _ when Unmapped().Match(text) is { Success: true } unknown => $"has no member '{unknown.Groups["name"].Value}'",
            _ when Lacking().Match(text) is { Success: true } lacking => $"lacks {lacking.Groups["names"].Value}",
            _ when text.StartsWith("The JSON value could not be converted", StringComparison.Ordinal) => "has a value of another kind than belongs there",
            _ when text.Contains("doesn't allow setting null values", StringComparison.Ordinal) => "cannot be null",
            _ => text.StartsWith('\'') ? $": {text}" : $"is no JSON: {text}",
        };
        var line = flaw is { LineNumber: { } number, BytePositionInLine: { } position } ? $" (line {number + 1}, byte {position + 1})" : "";
        return $"{path}{(what.StartsWith(':') ? "" : " ")}{what}{line}";
    }

    [GeneratedRegex("""^Failed to bind parameter "\S+ (?<name>\w+)" from "(?<value>.*)"\.$""", RegexOptions.Singleline)]
    private static partial Regex Unbound();

    [GeneratedRegex("""^(?:Required parameter "\S+ (?<name>\w+)" was not provided from (?<source>.+)|Implicit body inferred .*(?<source>body).*)\.$""")]
    private static partial Regex Missing();

    [GeneratedRegex(@" ?Path: .*$", RegexOptions.Singleline)]
    private static partial Regex Place();

    [GeneratedRegex("""^The JSON property '(?<name>[^']*)' could not be mapped""")]
    private static partial Regex Unmapped();

    [GeneratedRegex("""missing required properties including: (?<names>.+)$""")]
    private static partial Regex Lacking();
}
