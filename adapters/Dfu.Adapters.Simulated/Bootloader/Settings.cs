namespace Dfu.Adapters.Simulated.Bootloader;

internal enum BankCode
{
    Invalid = 0,
    Application = 1,
    SoftDevice = 2,
    Bootloader = 3,
    SoftDeviceBootloader = 4,
}

internal readonly record struct Bank(int Size, uint Crc, BankCode Code);

/// <summary>
/// How far an update is. <see cref="Crc"/> is the start address of the last update while <see cref="Offset"/> is 0 (they share
/// their memory, docs/bootloader.md T9).
/// </summary>
internal record struct Progress(
    int CommandSize, int CommandOffset, uint CommandCrc, int ObjectSize, int Offset, uint Crc, int OffsetLast, uint CrcLast);

/// <summary>A settings page as it is in flash. Immutable, the init packet included.</summary>
/// <remarks>nRF5 SDK 17.1, nrf_dfu_types.h, nrf_dfu_settings_t: the fields that decide something.</remarks>
internal sealed record Settings
{
    public uint ApplicationVersion { get; init; }
    public uint BootloaderVersion { get; init; }
    public Bank Bank0 { get; init; }
    public Bank Bank1 { get; init; }

    /// <summary>Where in the application's room the image of <see cref="Bank1"/> begins.</summary>
    public int Bank1Start { get; init; }

    /// <summary>Version of the image that waits in <see cref="Bank1"/>, and what of it is SoftDevice.</summary>
    public uint PendingVersion { get; init; }
    public int PendingSoftDevice { get; init; }

    public Progress Progress { get; init; }
    public byte[] InitCommand { get; init; } = [];

    /// <summary>Advertising name the application asked for; gone once an application starts.</summary>
    public string? Name { get; init; }

    /// <summary>Enter the bootloader at the next boot.</summary>
    public bool EnterBootloader { get; init; }

    public bool Same(Settings? other) =>
        other is not null && InitCommand.AsSpan().SequenceEqual(other.InitCommand) && this with { InitCommand = other.InitCommand } == other;

    /// <summary>What a bootloader takes from its two pages: nothing when both are unusable, the progress from the backup when both are good (T5).</summary>
    public static Settings? Read(Settings? main, Settings? backup, bool hasBackup) => (main, hasBackup ? backup : null) switch
    {
        (null, var other) => other,
        (var page, null) => page,
        var (page, other) => page with { Progress = other.Progress, InitCommand = other.InitCommand },
    };
}
