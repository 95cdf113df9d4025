namespace Dfu.Adapters.Simulated;

/// <summary>How one simulated radio behaves.</summary>
public sealed record AdapterModel
{
    /// <summary>Links at once, 1 and up.</summary>
    public int MaxLinks { get; init; } = 8;

    /// <summary>Radios behind it, which share its links evenly: a dongle has one, a bridge may have many.</summary>
    public int Radios { get; init; } = 1;

    /// <summary>How many times further apart its connection events are than those of a good radio, 1 and up.</summary>
    public double Slowness { get; init; } = 1;

    /// <summary>From the advertisement that is answered to a connected link with its services discovered.</summary>
    public TimeSpan ConnectTime { get; init; } = TimeSpan.FromMilliseconds(150);

    /// <summary>Probability that a connect fails with reason 0x3e although the device was there.</summary>
    public double ConnectFailureRate { get; init; }

    /// <summary>How much the signal strength of a device differs from adapter to adapter, in dB either way.</summary>
    public int PathSpread { get; init; } = 6;

    /// <summary>How much the signal strength differs from one advertisement to the next, in dB either way.</summary>
    public int RssiJitter { get; init; } = 3;

    /// <summary>Under which name devices bond with the radio: those with the same one share their bonds. Null is its id.</summary>
    public string? Identity { get; init; }

    /// <summary>
    /// The radio gives its identity key when it pairs, as a host with LE privacy does and Linux by default does not: a bootloader then does not answer
    /// other radios at all.
    /// </summary>
    public bool GivesIdentityKey { get; init; }

    /// <summary>Weakest advertisement that is heard, in dBm.</summary>
    public int Sensitivity { get; init; } = -96;
}
