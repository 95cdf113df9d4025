namespace Dfu.Adapters.BlueZ;

/// <summary>Where BlueZ is and what links over it are to run with.</summary>
public sealed record BlueZOptions
{
    /// <summary>D-Bus address of the bus that bluetoothd is on. Null: <c>DBUS_SYSTEM_BUS_ADDRESS</c>, else the system bus's usual place.</summary>
    public string? BusAddress { get; init; }

    /// <summary>Where sysfs is mounted.</summary>
    public string Sysfs { get; init; } = "/sys";

    /// <summary>Connection interval that links are to ask for where it may be set, 7.5 ms to 4 s. The bootloader itself prefers 15 ms.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMilliseconds(15);

    /// <summary>
    /// Silence after which a link counts as lost where it may be set, 100 ms to 32 s. Linux's own 420 ms is less than a flash erase may take.
    /// </summary>
    public TimeSpan SupervisionTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Called with each controller before it is used, also one that came back elsewhere. Throws a DfuException, AdapterInUse, when it is somebody
    /// else's.
    /// </summary>
    public Action<Controller>? Opening { get; init; }

    /// <summary>Adapters hear everything all the time, and each for itself: for telling who is there and who hears it best.</summary>
    public bool Surveys { get; init; }

    internal const string StandardBus = "unix:path=/run/dbus/system_bus_socket";

    internal string Address => BusAddress ?? (Environment.GetEnvironmentVariable("DBUS_SYSTEM_BUS_ADDRESS") is { Length: > 0 } own ? own : StandardBus);
}
