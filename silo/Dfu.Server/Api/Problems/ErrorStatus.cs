using Dfu.Protocol.Errors;
using Microsoft.AspNetCore.Http;

namespace Dfu.Server.Api.Problems;

/// <summary>Which HTTP status says what kind of error it is; the code in the problem says which.</summary>
internal static class ErrorStatus
{
    public static int Of(DfuError error) => error switch
    {
        DfuError.InvalidArgument => StatusCodes.Status400BadRequest,
        DfuError.KeyRefused => StatusCodes.Status401Unauthorized,
        DfuError.NotAllowed or DfuError.RequestForeign => StatusCodes.Status403Forbidden,
        DfuError.NotFound or DfuError.PackageNotFound or DfuError.AdapterNotFound => StatusCodes.Status404NotFound,
        DfuError.CampaignConflict or DfuError.PackageInUse or DfuError.AdapterInUse or DfuError.Cancelled => StatusCodes.Status409Conflict,
        DfuError.ChangedMeanwhile => StatusCodes.Status412PreconditionFailed,
        DfuError.PackageTooLarge => StatusCodes.Status413PayloadTooLarge,
        DfuError.TooManyAttempts => StatusCodes.Status429TooManyRequests,
        DfuError.ServerUnreachable or DfuError.DatabaseUnavailable or DfuError.Interrupted => StatusCodes.Status503ServiceUnavailable,

        // What was sent can be read and is not right.
        DfuError.IdempotencyKeyReused or (> DfuError.PackageNotFound and < DfuError.LinkLost) => StatusCodes.Status422UnprocessableEntity,

        // A device or an adapter does not do what is wanted of it.
        >= DfuError.LinkLost and < DfuError.InvalidArgument => StatusCodes.Status409Conflict,
        DfuError.None => throw new ArgumentOutOfRangeException(nameof(error), error, "no error has no status"),
        _ => StatusCodes.Status500InternalServerError,
    };
}
