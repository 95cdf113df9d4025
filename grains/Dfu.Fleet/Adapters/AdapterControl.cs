namespace Dfu.Fleet.Adapters;

public enum AdapterControlKind
{
    /// <summary>Begins no further transfer, until it is told to resume; what is under way is finished.</summary>
    Drain = 0,

    /// <summary>Takes part again.</summary>
    Resume,

    /// <summary>Its transfers go to other adapters and its radio through the recovery ladder.</summary>
    Reset,

    /// <summary>Scans, and connects to what it is told to or hears; see <see cref="AdapterState"/>.</summary>
    SelfTest,
}

/// <summary>What an operator wants of an adapter.</summary>
/// <param name="By">Who it is, for the audit.</param>
public sealed record AdapterControl(AdapterControlKind Kind, string By);
