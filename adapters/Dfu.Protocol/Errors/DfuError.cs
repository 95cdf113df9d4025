namespace Dfu.Protocol.Errors;

/// <summary>
/// Every reason an update, a package or a command can fail for. Reports print the name in camelCase; <see cref="ErrorCatalog"/> has
/// the sentence and the remedy.
/// </summary>
public enum DfuError
{
    None = 0,

    // Packages and keys, found before any radio is touched.
    PackageNotFound = 100,
    PackageNotAZip,
    PackageTooLarge,
    PackageEntryMissing,
    PackageEntryDoubled,
    PackageEntryUnsafe,
    PackageManifestInvalid,
    InitPacketInvalid,
    InitPacketTooLarge,
    InitPacketTypeMismatch,
    HashMismatch,
    SizeMismatch,
    SignatureInvalid,
    SignatureMissing,
    KeyInvalid,
    FirmwareInvalid,

    /// <summary>A file of another kind than the one that was wanted, which says what it is.</summary>
    NotADfuPackage,
    ImageNotSupported,

    /// <summary>Firmware that can be read, and cannot be right.</summary>
    FirmwareImplausible,

    // The radio and the link.
    LinkLost = 200,
    ConnectFailed,
    ConnectTimeout,
    AdapterFull,
    AdapterLost,
    AttError,
    RequestTimeout,
    NotificationsRefused,
    NotADfuDevice,
    ProtocolViolation,

    // What a bootloader refuses (docs/bootloader.md#refusals; extended errors 00 to 0D).
    SignatureRefused = 300,
    SignatureRequired,
    HwVersionRefused,
    SoftDeviceRefused,
    VersionRefused,
    ImageDoesNotFit,
    InitPacketRefused,
    InitPacketIncomplete,
    HashTypeRefused,
    SignatureTypeRefused,
    VerificationFailed,
    ObjectCorrupt,
    ObjectRefused,
    FlashBusy,
    FlashFault,
    DataPathStuck,
    OperationNotPermitted,
    OpCodeNotSupported,
    DeviceRefused,

    /// <summary>A bootloader of SDK 12, or one that may be, refused the init packet: it has one answer for every reason.</summary>
    InitPacketRefusedUnexplained,
    /// <summary>At the last EXECUTE, although its hash is right (SDK 15 and later; before, a wrong hash may be answered alike).</summary>
    ImageRefused,

    // The jump from the application to its bootloader.
    ButtonlessRefused = 350,
    BondRequired,
    BootloaderNotHeard,

    /// <summary>An application that does not pair with this adapter.</summary>
    PairingRefused,

    /// <summary>A bootloader that was given the bond of another adapter, or of this one before it lost that.</summary>
    BondedElsewhere,

    // The campaign.
    NotHeard = 400,
    NoAdapter,
    ApplicationNotHeard,
    Cancelled,
    Interrupted,

    /// <summary>The application that runs after the update says something else of itself than the operator expects.</summary>
    ApplicationDiffers,

    /// <summary>It could not be asked, although the operator expects something of it.</summary>
    ApplicationNotRead,

    // The host.
    InvalidArgument = 500,
    AdapterNotFound,
    AdapterInUse,
    DataDirectoryInUse,
    DataDirectoryForeign,
    DataDirectoryUnusable,
    CampaignConflict,
    ServerUnreachable,
    Unexpected,

    /// <summary>A report, package or key the operator asked for.</summary>
    OutputNotWritten,

    /// <summary>An address to serve on: a port in use, an address this machine does not have.</summary>
    ListenFailed,

    /// <summary>The server of a cluster's database: out of reach, or it refuses.</summary>
    DatabaseUnavailable,
    DatabaseNotInitialized,
    DatabaseForeign,

    /// <summary>The cluster has a living member of that name.</summary>
    MemberInUse,

    /// <summary>A TLS certificate, its key or its authority, as given on this host.</summary>
    CertificateInvalid,

    /// <summary>The other end of a connection does not accept our certificate, or we do not accept its.</summary>
    CertificateRefused,

    /// <summary>An address that others reach, without certificates.</summary>
    NetworkInsecure,

    /// <summary>Who asks over HTTP is not known: no access key, a wrong one, or one that is not in force any more.</summary>
    KeyRefused,

    /// <summary>Who asks over HTTP is known, and may not do that.</summary>
    NotAllowed,

    /// <summary>A request that another web page made a browser send, or one to a name that is not the server's.</summary>
    RequestForeign,

    /// <summary>Wrong access keys came from an address faster than anybody mistypes them.</summary>
    TooManyAttempts,

    /// <summary>A campaign, device, package or adapter that is not there, or not any more.</summary>
    NotFound,

    /// <summary>A package that a campaign needs.</summary>
    PackageInUse,

    /// <summary>What somebody was going to change is not what they saw last.</summary>
    ChangedMeanwhile,

    /// <summary>An idempotency key that was given before with another request.</summary>
    IdempotencyKeyReused,

    /// <summary>The Aspire dashboard cannot be brought to this machine, or does not run on it.</summary>
    DashboardUnavailable,
}

public static class DfuErrors
{
    /// <summary>Whether the same attempt may succeed later without anybody changing the package or the device.</summary>
    public static bool IsTransient(this DfuError error) => error is
        DfuError.LinkLost or DfuError.ConnectFailed or DfuError.ConnectTimeout or DfuError.AdapterFull or DfuError.AdapterLost
        or DfuError.AttError or DfuError.RequestTimeout or DfuError.NotificationsRefused or DfuError.FlashBusy
        or DfuError.ObjectCorrupt or DfuError.OperationNotPermitted or DfuError.BootloaderNotHeard or DfuError.DataPathStuck or DfuError.ProtocolViolation;

    /// <summary>Whether a bootloader looked at the init packet and did not take it; nothing of the image was sent then.</summary>
    public static bool IsRefusal(this DfuError error) => error is
        DfuError.SignatureRefused or DfuError.SignatureRequired or DfuError.HwVersionRefused or DfuError.SoftDeviceRefused or DfuError.VersionRefused
        or DfuError.ImageDoesNotFit or DfuError.InitPacketRefused or DfuError.InitPacketTooLarge or DfuError.InitPacketIncomplete
        or DfuError.HashTypeRefused or DfuError.SignatureTypeRefused or DfuError.InitPacketRefusedUnexplained;

    /// <summary>Whether a refusal may say that the device has this version or a newer one: SDK 12 has one answer for every reason.</summary>
    public static bool MayMeanNotNewer(this DfuError error) => error is DfuError.VersionRefused or DfuError.InitPacketRefusedUnexplained;

    /// <summary>The code as reports and JSON print it: the name with a small first letter.</summary>
    public static string Code(this DfuError error)
    {
        var name = error.ToString();
        return char.ToLowerInvariant(name[0]) + name[1..];
    }
}
