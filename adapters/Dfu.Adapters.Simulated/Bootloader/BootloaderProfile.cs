using System.Diagnostics.CodeAnalysis;
using Dfu.Adapters.Simulated.Bootloader;

namespace Dfu.Adapters.Simulated;

/// <summary>What one generation of Nordic's Secure DFU bootloader does differently from the others. MODEL.md has the table.</summary>
public sealed record BootloaderProfile
{
    private static readonly TimeSpan TwoMinutes = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan TenSeconds = TimeSpan.FromSeconds(10);

    public required string Name { get; init; }

    /// <summary>NRF_DFU_SAVE_PROGRESS_IN_FLASH. SDK 12 to 14 have no such switch and always save.</summary>
    public bool SaveProgress { get; init; }

    /// <summary>Largest command object in bytes.</summary>
    internal int InitMax { get; init; } = 512;

    internal int MtuMax { get; init; } = 247;

    /// <summary>SDK 12 to 14: one request handler, data collected in buffers, errors hidden from receipts.</summary>
    internal bool Collects { get; init; }

    /// <summary>Bytes of a collecting buffer.</summary>
    internal int CollectBytes { get; init; }

    internal bool AlwaysSaves { get; init; }

    /// <summary>A disconnect replaces the progress in RAM by what the flash holds.</summary>
    internal bool ReloadsOnDisconnect { get; init; }

    internal bool SettingsBackup { get; init; }

    /// <summary>EXECUTE(command) of a packet already executed writes the settings.</summary>
    internal bool SavesOnReExecute { get; init; } = true;

    internal int FlashQueue { get; init; } = 16;
    internal int RequestQueue { get; init; } = 32;

    /// <summary>EXECUTE(data) is handled only when the flash is idle: of every object.</summary>
    internal bool EveryExecuteWaits { get; init; } = true;

    /// <summary>EXECUTE(data) is handled only when the flash is idle: of the last object.</summary>
    internal bool LastExecuteWaits { get; init; } = true;

    /// <summary>Null for a bootloader that waits for ever.</summary>
    internal TimeSpan? Inactivity { get; init; } = TwoMinutes;

    internal bool CreateDataRestartsTimer { get; init; }
    internal TimeSpan? Continuation { get; init; } = TenSeconds;

    internal byte UnknownOperation { get; init; } = 2;
    internal byte UnknownType { get; init; } = 5;
    internal bool ExtendedErrors { get; init; } = true;

    /// <summary>PING and protocol version are answered (SDK 15.0).</summary>
    internal bool Pings { get; init; }

    internal AbortKind Abort { get; init; } = AbortKind.DisconnectThenReset;
    internal EndKind End { get; init; } = EndKind.DisconnectThenReset;
    internal ButtonlessKind Buttonless { get; init; } = ButtonlessKind.NamedIndicate;

    /// <summary>docs/bootloader.md T1: a packet refused for its state or length keeps its buffer until the reset.</summary>
    internal bool LeaksBuffers { get; init; }

    /// <summary>T9: after an activation the CRC at offset 0 is the update's start address.</summary>
    internal bool StaleCrc { get; init; }

    /// <summary>T11: the init packet counts as accepted although the image does not fit.</summary>
    internal bool AcceptsBeforeRoomCheck { get; init; }

    /// <summary>A refused init packet is forgotten (SDK 15.3 and later).</summary>
    internal bool ForgetsRefusedInit { get; init; }

    /// <summary>An init packet must name a SoftDevice, and none may stand for none beside others (SDK 15.3 and later).</summary>
    internal bool WantsSoftDeviceNamed { get; init; }

    internal SoftDeviceCheck SoftDeviceCheck { get; init; } = SoftDeviceCheck.Structure;

    public static BootloaderProfile Sdk12 { get; } = new()
    {
        Name = "sdk12",
        SaveProgress = true,
        InitMax = 256,
        MtuMax = 23,
        Collects = true,
        CollectBytes = 256,
        AlwaysSaves = true,
        SavesOnReExecute = false,
        FlashQueue = 4,
        RequestQueue = 20,
        EveryExecuteWaits = false,
        Inactivity = null,
        Continuation = null,
        UnknownOperation = 3,
        UnknownType = 7,
        ExtendedErrors = false,
        Abort = AbortKind.Unknown,
        End = EndKind.ResetWithoutDisconnect,
        Buttonless = ButtonlessKind.Sdk12Notify,
        SoftDeviceCheck = SoftDeviceCheck.None,
    };

    public static BootloaderProfile Sdk13 { get; } = Sdk12 with
    {
        Name = "sdk13",
        Continuation = TenSeconds,
        ExtendedErrors = true,
        End = EndKind.ResetOnDelivery,
        Buttonless = ButtonlessKind.Indicate,
        SoftDeviceCheck = SoftDeviceCheck.Version,
    };

    public static BootloaderProfile Sdk14 { get; } = Sdk13 with
    {
        Name = "sdk14",
        CollectBytes = 128,
        FlashQueue = 8,
        RequestQueue = 16,
        LastExecuteWaits = false,
        Inactivity = TwoMinutes,
        CreateDataRestartsTimer = true,
        End = EndKind.DisconnectOnDelivery,
        Buttonless = ButtonlessKind.NamedIndicate,
    };

    public static BootloaderProfile Sdk150 { get; } = new()
    {
        Name = "sdk15.0",
        InitMax = 256,
        Pings = true,
        Abort = AbortKind.Reset,
        LeaksBuffers = true,
        StaleCrc = true,
        AcceptsBeforeRoomCheck = true,
    };

    public static BootloaderProfile Sdk153 { get; } = new()
    {
        Name = "sdk15.3",
        SettingsBackup = true,
        Abort = AbortKind.Reset,
        LeaksBuffers = true,
        StaleCrc = true,
        ForgetsRefusedInit = true,
        WantsSoftDeviceNamed = true,
    };

    /// <summary>SDK 16.0 to 17.1.0 as Nordic ships it.</summary>
    public static BootloaderProfile Sdk17 { get; } = Sdk153 with
    {
        Name = "sdk17",
        ReloadsOnDisconnect = true,
        Abort = AbortKind.DisconnectThenReset,
        SoftDeviceCheck = SoftDeviceCheck.Family,
    };

    /// <summary>SDK 16.0 to 17.1.0 built with NRF_DFU_SAVE_PROGRESS_IN_FLASH=1.</summary>
    public static BootloaderProfile Sdk17Saving { get; } = Sdk17 with { SaveProgress = true };

    public static IReadOnlyList<BootloaderProfile> All { get; } = [Sdk12, Sdk13, Sdk14, Sdk150, Sdk153, Sdk17, Sdk17Saving];

    /// <summary>Accepts <c>sdk12</c>, <c>sdk13</c>, <c>sdk14</c>, <c>sdk15.0</c>, <c>sdk15.3</c> and <c>sdk17</c>.</summary>
    public static bool TryParse(string? name, [NotNullWhen(true)] out BootloaderProfile? profile)
    {
        profile = All.FirstOrDefault(candidate => candidate.Name == name);
        return profile is not null;
    }

    public override string ToString() => SaveProgress && !AlwaysSaves ? Name + " saving" : Name;
}

/// <summary>What ABORT (0x0C) does.</summary>
internal enum AbortKind
{
    Unknown,
    Reset,
    DisconnectThenReset,
}

/// <summary>How the bootloader leaves after the last EXECUTE.</summary>
internal enum EndKind
{
    /// <summary>120 ms after its answer, and the link is just gone (SDK 12).</summary>
    ResetWithoutDisconnect,

    /// <summary>When its answer has been delivered, and the link is just gone (SDK 13, T7).</summary>
    ResetOnDelivery,

    /// <summary>50 ms after its answer has been delivered it disconnects, 200 ms later it resets (SDK 14, T7).</summary>
    DisconnectOnDelivery,

    /// <summary>When the settings are written it disconnects, 200 ms later it resets (SDK 15 and later).</summary>
    DisconnectThenReset,
}

internal enum ButtonlessKind
{
    Sdk12Notify,
    Indicate,
    NamedIndicate,
}
