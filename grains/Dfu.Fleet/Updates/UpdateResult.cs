using Dfu.Fleet.Devices;

namespace Dfu.Fleet.Updates;

/// <summary>How an attempt ended that ended well; one that did not throws.</summary>
/// <param name="ApplicationHeard">
/// The application was heard after the last image; false when the device is known to have accepted it but stays silent or in its bootloader.
/// </param>
/// <param name="Detail">What is to be said about that, one line; may be empty.</param>
public sealed record UpdateResult(bool ApplicationHeard, string Detail = "")
{
    /// <summary>Nothing was sent: the device runs the package.</summary>
    public bool AlreadyCurrent { get; init; }

    /// <summary>How it was found out that the device runs what it was sent; null when nobody says.</summary>
    public FinishReport? Finish { get; init; }
}
