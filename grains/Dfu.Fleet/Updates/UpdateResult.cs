namespace Dfu.Fleet.Updates;

/// <summary>How an attempt ended that ended well; one that did not throws.</summary>
/// <param name="ApplicationHeard">
/// The application was heard after the last image; false when the device is known to have accepted it but stays silent or in its bootloader.
/// </param>
/// <param name="Detail">What is to be said about that, one line; may be empty.</param>
public sealed record UpdateResult(bool ApplicationHeard, string Detail = "");
