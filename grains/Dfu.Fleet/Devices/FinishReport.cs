namespace Dfu.Fleet.Devices;

/// <summary>How it was found out that a device runs what it was sent.</summary>
public enum FinishCheck
{
    /// <summary>Nothing was looked at yet.</summary>
    None = 0,

    /// <summary>The operator asked for no look; the bootloader accepted the image.</summary>
    Skipped,

    /// <summary>The bootloader accepted the image, and its application was not heard.</summary>
    Accepted,

    /// <summary>Its application was heard.</summary>
    Heard,

    /// <summary>Its application was asked what it is, and nothing was there to compare that with.</summary>
    Read,

    /// <summary>What its application says of itself is what was expected.</summary>
    Compared,
}

/// <param name="Revision">What the application said of itself; empty when it was not asked.</param>
public sealed record FinishReport(FinishCheck Check, string Revision = "")
{
    /// <summary>What it said in its firmware revision (0x2A26); null when that was not read.</summary>
    public string? FirmwareRevision { get; init; }
}
