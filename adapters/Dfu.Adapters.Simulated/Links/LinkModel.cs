namespace Dfu.Adapters.Simulated;

/// <summary>How links on one air behave. MODEL.md beside this project has the rules and worked examples.</summary>
public sealed record LinkModel
{
    /// <summary>Nothing is lost and nothing drops.</summary>
    public static LinkModel Perfect { get; } = new();

    /// <summary>Time between connection events of a link that is alone on its adapter. With n links it is at least n x 7.5 ms.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMilliseconds(15);

    /// <summary>Host to device packets in one connection event, requests included. At least 1.</summary>
    public int PacketsPerEvent { get; init; } = 3;

    /// <summary>Largest ATT MTU the radios agree to, 23 to 517; the device may agree to less.</summary>
    public int Mtu { get; init; } = 247;

    /// <summary>Probability that a host to device packet needs its slot again. The link layer repeats it; nothing is lost.</summary>
    public double PacketLoss { get; init; }

    /// <summary>Probability per data object that the link drops somewhere inside it.</summary>
    public double DropRate { get; init; }

    /// <summary>Drop a device's link once it has carried this many packet bytes, init packet included. Null for never.</summary>
    public long? DropAfterBytes { get; init; }

    /// <summary>Whether <see cref="DropAfterBytes"/> holds for every link of a device, or only for the first one that gets there.</summary>
    public bool DropEveryLink { get; init; }

    /// <summary>From a drop until either side notices it and closes with reason 0x08.</summary>
    public TimeSpan SupervisionTimeout { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>A device that advertises is heard once in this time by everybody who scans.</summary>
    public TimeSpan AdvertisingInterval { get; init; } = TimeSpan.FromMilliseconds(250);
}
