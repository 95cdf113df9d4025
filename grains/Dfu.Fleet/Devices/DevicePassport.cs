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

    [JsonPropertyName("v"), JsonRequired, StoredVersion(nameof(DevicePassport), CurrentVersion)]
    public int Version { get; init; } = CurrentVersion;

    /// <summary>What it was called last; null when it never was.</summary>
    public TargetLabel? Label { get; init; }

    /// <summary>What it took last, image by image; empty when that is not known.</summary>
    public ImmutableArray<KnownImage> Images { get; init; } = [];

    /// <summary>The hardware version that its bootloader accepted last; null when none was.</summary>
    public uint? HwVersion { get; init; }

    /// <summary>What its application said of itself when it was asked last; null when it was never asked or says nothing.</summary>
    public string? Revision { get; init; }

    public DeviceWear Wear { get; init; }
    public int Failures { get; init; }
}

/// <summary>An image that a device has activated.</summary>
/// <param name="Sha256">Of its firmware, lower-case hexadecimal.</param>
/// <param name="PackageId">The package it came in.</param>
/// <param name="At">By the clock on the wall.</param>
public sealed record KnownImage(ImageType Type, uint Version, string Sha256, string PackageId, DateTimeOffset At);
