namespace Dfu.Fleet.Devices;

/// <summary>Where a device's time went, in seconds, over all attempts of a campaign.</summary>
public sealed record TimeSpent
{
    /// <summary>For a slot of an adapter that hears it.</summary>
    public double Waiting { get; init; }

    /// <summary>After attempts that failed.</summary>
    public double BackingOff { get; init; }
    public double Connecting { get; init; }

    /// <summary>From its application into its bootloader.</summary>
    public double Jumping { get; init; }

    /// <summary>To find out what the device has, and to send the init packet.</summary>
    public double Resuming { get; init; }

    /// <summary>For objects to be created.</summary>
    public double Creating { get; init; }

    /// <summary>While the device erases flash: the pauses between packets that its bootloader needs.</summary>
    public double Guard { get; init; }

    /// <summary>While firmware was on its way.</summary>
    public double Air { get; init; }

    /// <summary>For checksums.</summary>
    public double Checking { get; init; }

    /// <summary>For objects to be executed.</summary>
    public double Executing { get; init; }

    /// <summary>For forced saves.</summary>
    public double Saving { get; init; }

    /// <summary>From the last EXECUTE to the verified application.</summary>
    public double Finishing { get; init; }
}
