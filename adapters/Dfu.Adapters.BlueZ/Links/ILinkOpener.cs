using Dfu.Protocol.Links;
using Tmds.DBus;

namespace Dfu.Adapters.BlueZ.Links;

/// <summary>Connects to a device that BlueZ has an object for.</summary>
internal interface ILinkOpener
{
    /// <summary>
    /// Connects, waits for the services and finds the characteristics, all within <see cref="LinkOptions.ConnectTimeout"/>. What fails leaves the
    /// device disconnected, for which it may take 4 s longer.
    /// </summary>
    /// <exception cref="Dfu.Protocol.Errors.DfuException">
    /// ConnectTimeout, ConnectFailed, AdapterFull (the controller holds no more links), AdapterLost (BlueZ is gone or the adapter is off).
    /// </exception>
    Task<IDfuLink> OpenAsync(ObjectPath device, LinkOptions options, CancellationToken cancellationToken);
}
