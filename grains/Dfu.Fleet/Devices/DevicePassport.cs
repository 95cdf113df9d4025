using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Dfu.Fleet.Plans;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Packages;

namespace Dfu.Fleet.Devices;

/// <summary>What is known of a device beyond its campaigns.</summary>
public sealed record DevicePassport
{
    public const int CurrentVersion = 1;

    /// <summary>One of a device whose settings page was erased so often outlives what else is known of the device: nothing else tells how worn it is.</summary>
    public const int WornSettings = 1_000;

    [JsonPropertyName("v"), JsonRequired, StoredVersion(nameof(DevicePassport), CurrentVersion)]
    public int Version { get; init; } = CurrentVersion;

    /// <summary>What it was called last; null when it never was.</summary>
    public TargetLabel? Label { get; init; }

    /// <summary>What it took last, image by image; empty when that is not known.</summary>
    public ImmutableArray<KnownImage> Images { get; init; } = [];

    /// <summary>The hardware version that its bootloader accepted last; null when none was.</summary>
    public uint? HwVersion { get; init; }

    /// <summary>Id of the SoftDevice that it took last; null when it took none.</summary>
    public uint? SoftDevice { get; init; }

    /// <summary>It took an application of a lower version than it had.</summary>
    public bool TakesLowerVersions { get; init; }

    /// <summary>
    /// Its firmware revision (0x2A26), as its application said when it was asked last; null when it was never asked or says nothing. With
    /// <see cref="Images"/>, what they say.
    /// </summary>
    public string? Revision { get; init; }

    /// <summary>Its hardware revision (0x2A27), likewise.</summary>
    public string? HardwareRevision { get; init; }

    /// <summary>How it was found out that it runs <see cref="Images"/>; <see cref="FinishCheck.None"/> when it may run something else.</summary>
    public FinishCheck Check { get; init; }

    public DeviceWear Wear { get; init; }
    public int Failures { get; init; }

    [JsonIgnore]
    public KnownImage? Application => Images.FirstOrDefault(static image => image.Type == ImageType.Application);
}

/// <summary>What an image is, beyond the package it came in.</summary>
/// <param name="Sha256">Of its firmware, lower-case hexadecimal.</param>
/// <param name="HwVersion">The hardware version it names; null where bootloaders do not look at it.</param>
/// <param name="SoftDevice">Id of the SoftDevice in it; null when there is none, or it does not tell.</param>
public sealed record ImageIdentity(ImageType Type, uint Version, string Sha256, uint? HwVersion, uint? SoftDevice)
{
    public static ImageIdentity Of(DfuImage image) => new(
        image.Type, image.FwVersion, Convert.ToHexStringLower(image.Sha256.Span), image.IsDebug ? null : image.HwVersion, SoftDeviceInfo.Of(image)?.Id);
}

/// <summary>An image that a device has activated.</summary>
/// <param name="Sha256">Of its firmware, lower-case hexadecimal.</param>
/// <param name="PackageId">The package it came in.</param>
/// <param name="At">By the clock on the wall.</param>
public sealed record KnownImage(ImageType Type, uint Version, string Sha256, string PackageId, DateTimeOffset At);
