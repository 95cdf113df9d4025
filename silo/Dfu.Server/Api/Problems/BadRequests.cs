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
        _ when Missing().IsMatch(e.Message) => ApiProblems.Of(DfuError.InvalidArgument, "the body is missing"),
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
        var text = Cut().Replace(flaw.InnerException is FormatException inner ? inner.Message : flaw.Message, "").TrimEnd('.');
        var (place, what) = text switch
        {
            _ when Unmapped().Match(text) is { Success: true } unknown => (Parent(flaw.Path), $"has no member '{unknown.Groups["name"].Value}'"),
            _ when Lacking().Match(text) is { Success: true } lacking => (flaw.Path, $"lacks {lacking.Groups["names"].Value}"),
            _ when text.StartsWith("The JSON value could not be converted", StringComparison.Ordinal) =>
                (flaw.Path, "has a value of another kind than belongs there"),
            _ when text.Contains("TimeSpan", StringComparison.Ordinal) => (flaw.Path, "is no span of time: two minutes are 00:02:00"),
            _ when text.Contains("DateTime", StringComparison.Ordinal) => (flaw.Path, "is no moment in ISO 8601: 2026-11-30T08:00:00+01:00"),
            _ when text.Contains("doesn't allow setting null values", StringComparison.Ordinal) => (flaw.Path, "cannot be null"),
            _ when text.StartsWith('\'') && flaw.Path is not null and not "$" => (flaw.Path + ":", text),
            _ => (null, $"is no JSON: {text}"),
        };
        var path = place is { Length: > 2 } deep && deep.StartsWith("$.", StringComparison.Ordinal) ? deep[2..] : "the body";
        var line = flaw is { LineNumber: { } number, BytePositionInLine: { } position } ? $" (line {number + 1}, byte {position + 1})" : "";
        return $"{path} {what}{line}";
    }

    private static string? Parent(string? path) => path?.LastIndexOf('.') is > 0 and var dot ? path[..dot] : null;

    [GeneratedRegex("""^Failed to bind parameter "\S+ (?<name>\w+)" from "(?<value>.*)"\.$""", RegexOptions.Singleline)]
    private static partial Regex Unbound();

    /// <remarks>The body is the only thing without which a request fits no endpoint: what is in queries and headers may be left out.</remarks>
    [GeneratedRegex("^(?:Implicit body inferred|Required parameter) ")]
    private static partial Regex Missing();

    [GeneratedRegex(@" ?Path: .*$", RegexOptions.Singleline)]
    private static partial Regex Cut();

    [GeneratedRegex("""^The JSON property '(?<name>[^']*)' could not be mapped""")]
    private static partial Regex Unmapped();

    [GeneratedRegex("""missing required properties including: (?<names>.+)$""")]
    private static partial Regex Lacking();
}
