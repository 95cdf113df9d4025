using Dfu.Protocol.Errors;

namespace Dfu.Api;

/// <summary>What the API answers instead of a result, as <c>application/problem+json</c> (RFC 9457), with two members of its own.</summary>
/// <param name="Type">Which error it is: <c>urn:dfu:error:</c> and the code.</param>
/// <param name="Title">The error's sentence, the same for every occurrence.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">What happened, with the names of what it happened to.</param>
/// <param name="Code">The error's camelCase code, as in docs/errors.md.</param>
/// <param name="Remedy">What to do about it.</param>
public sealed record ApiProblem(
    string? Type = null, string? Title = null, int? Status = null, string? Detail = null, string? Code = null, string? Remedy = null)
{
    /// <summary>What the API tells to do about an error where it knows nothing that is more telling this time.</summary>
    public static string UsualRemedy(DfuError error) => error switch
    {
        DfuError.InvalidArgument => "See /api for what requests are made of.",
        DfuError.CampaignConflict => "Wait until that campaign is over, cancel it, or say 'restart' to begin anew.",
        _ => ErrorCatalog.Describe(error).Remedy,
    };
}
