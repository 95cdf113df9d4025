using System.Text.Json.Serialization;

namespace Dfu.Fleet.Devices;

/// <summary>What a device's time may go to; see <see cref="TimeSpent"/>, whose members have the same names.</summary>
public enum TimeUse
{
    Waiting = 0,
    BackingOff,
    Connecting,
    Jumping,
    Resuming,
    Creating,
    Guard,
    Air,
    Checking,
    Executing,
    Saving,
    Finishing,
}

/// <summary>Where a device's time went, in seconds, over all attempts of a campaign: from when it joined to its outcome.</summary>
public sealed record TimeSpent
{
    /// <summary>For a slot of an adapter that hears it, before the first attempt too.</summary>
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

    [JsonIgnore]
    public double Total => Enum.GetValues<TimeUse>().Sum(Of);

    public double Of(TimeUse use) => use switch
    {
        TimeUse.Waiting => Waiting,
        TimeUse.BackingOff => BackingOff,
        TimeUse.Connecting => Connecting,
        TimeUse.Jumping => Jumping,
        TimeUse.Resuming => Resuming,
        TimeUse.Creating => Creating,
        TimeUse.Guard => Guard,
        TimeUse.Air => Air,
        TimeUse.Checking => Checking,
        TimeUse.Executing => Executing,
        TimeUse.Saving => Saving,
        TimeUse.Finishing => Finishing,
        _ => throw new ArgumentOutOfRangeException(nameof(use), use, null),
    };

    public TimeSpent Plus(TimeUse use, double seconds) => use switch
    {
        TimeUse.Waiting => this with { Waiting = Waiting + seconds },
        TimeUse.BackingOff => this with { BackingOff = BackingOff + seconds },
        TimeUse.Connecting => this with { Connecting = Connecting + seconds },
        TimeUse.Jumping => this with { Jumping = Jumping + seconds },
        TimeUse.Resuming => this with { Resuming = Resuming + seconds },
        TimeUse.Creating => this with { Creating = Creating + seconds },
        TimeUse.Guard => this with { Guard = Guard + seconds },
        TimeUse.Air => this with { Air = Air + seconds },
        TimeUse.Checking => this with { Checking = Checking + seconds },
        TimeUse.Executing => this with { Executing = Executing + seconds },
        TimeUse.Saving => this with { Saving = Saving + seconds },
        TimeUse.Finishing => this with { Finishing = Finishing + seconds },
        _ => throw new ArgumentOutOfRangeException(nameof(use), use, null),
    };

    public static TimeSpent operator +(TimeSpent a, TimeSpent b) => Enum.GetValues<TimeUse>().Aggregate(a, (sum, use) => sum.Plus(use, b.Of(use)));
}
