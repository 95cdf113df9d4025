using Dfu.Fleet.Campaigns;
using Dfu.Protocol.Errors;

namespace Dfu.Cli;

/// <summary>What the process says to scripts; the numbers are a contract.</summary>
internal static class ExitCode
{
    public const int Succeeded = 0;
    public const int SomeFailed = 1;

    /// <summary>Wrong usage or invalid input; nothing was touched.</summary>
    public const int Invalid = 2;

    /// <summary>Stopped by the operator; the state is kept.</summary>
    public const int Interrupted = 3;

    /// <summary>The machine lacks something: adapter, permission, room, server.</summary>
    public const int Environment = 4;

    public static int Of(DfuError error) => error switch
    {
        DfuError.None => Succeeded,
        DfuError.InvalidArgument or DfuError.CampaignConflict or DfuError.CertificateInvalid or DfuError.NetworkInsecure
            or DfuError.NotFound or DfuError.PackageInUse or DfuError.ChangedMeanwhile or DfuError.IdempotencyKeyReused => Invalid,
        DfuError.Interrupted or DfuError.Cancelled => Interrupted,
        < DfuError.LinkLost => Invalid,
        < DfuError.InvalidArgument => SomeFailed,
        _ => Environment,
    };

    public static int Of(CampaignOutcome outcome) => outcome switch
    {
        CampaignOutcome.Succeeded => Succeeded,
        CampaignOutcome.Failed => SomeFailed,
        _ => Interrupted,
    };
}
