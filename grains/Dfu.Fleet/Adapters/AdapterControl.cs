namespace Dfu.Fleet.Adapters;

public enum AdapterControlKind
{
    /// <summary>Begins no further transfer, until it is told to resume; what is under way is finished.</summary>
    Drain = 0,

    /// <summary>Takes part again; one in quarantine is tried at once.</summary>
    Resume,

    /// <summary>Its transfers go to other adapters; its radio is power cycled or reset over USB, and tested.</summary>
    Reset,

    /// <summary>Scans, and connects to the golden unit where the host has one; for an adapter without transfers.</summary>
    SelfTest,
}

/// <summary>What an operator wants of an adapter.</summary>
/// <param name="By">Who it is, for the audit.</param>
public sealed record AdapterControl(AdapterControlKind Kind, string By);
