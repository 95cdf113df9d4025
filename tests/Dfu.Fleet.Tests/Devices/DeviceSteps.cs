using Dfu.Adapters;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Tests.Devices;

/// <summary>A device of one image and what happens to it, for tests of its machine.</summary>
internal static class DeviceSteps
{
    public static readonly FleetPolicy Policy = new();
    public static readonly DateTimeOffset T0 = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    public static readonly BluetoothAddress Application = BluetoothAddress.Parse("C0:00:00:00:00:10");

    public static DeviceState Queued(params long[] sizes) => DeviceState.New(Application, sizes.Length == 0 ? [100_000] : [.. sizes], T0);

    public static DateTimeOffset At(double seconds) => T0.AddMilliseconds(Math.Round(seconds * 1000));

    public static DeviceState Apply(DeviceState first, params DeviceEvent[] all) =>
        all.Aggregate(first, (s, e) => DeviceMachine.Apply(s, e is DeviceEvent.Granted g ? g with { Attempt = s.Attempt + 1 } : e, Policy).Next);

    public static DeviceEvent.Granted Grant(double at = 0, string adapter = "a") =>
        new DeviceEvent.Granted(
            1, adapter, 1, new(Application.Bootloader, AddressType.Random, -60, "DfuTarg", true, true), Application, Application.Bootloader, false, At(at));

    public static DeviceEvent.Ended Ended(int attempt, DfuError error, double at = 1, bool heard = true) =>
        new DeviceEvent.Ended(attempt, error, error.ToString(), heard, default, At(at));

    public static DeviceEvent.Confirmed Confirmed(int attempt, long offset, double at = 0.5, int image = 0) =>
        new DeviceEvent.Confirmed(attempt, image, offset, 7, new(offset, offset), At(at));

    public static DeviceEvent.Waited Waited(double at, double? heard = null, bool asApplication = false, double? listening = 0, double? deaf = null) =>
        new DeviceEvent.Waited(At(at), heard is { } h ? At(h) : null, asApplication, listening is { } l ? At(l) : null, deaf is { } d ? At(d) : null);
}
