namespace Dfu.Api;

/// <summary>What the API answers instead of a result, as <c>application/problem+json</c> (RFC 9457), with two members of its own.</summary>
/// <param name="Type">Where the error is described: <c>https://…/docs/errors.md#code</c> or <c>about:blank</c>.</param>
/// <param name="Title">The error's sentence, the same for every occurrence.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">What happened, with the names of what it happened to.</param>
/// <param name="Code">The error's camelCase code, as in docs/errors.md.</param>
/// <param name="Remedy">What to do about it.</param>
public sealed record ApiProblem(
    string? Type = null, string? Title = null, int? Status = null, string? Detail = null, string? Code = null, string? Remedy = null);
