using System.Collections.Immutable;
using Dfu.Adapters.BlueZ.Bus;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.BlueZ.Links;

/// <summary>Which of BlueZ's objects is which characteristic of an update.</summary>
internal static class Characteristics
{
    public const string Interface = "org.bluez.GattCharacteristic1";
    public const string ServiceInterface = "org.bluez.GattService1";

    /// <summary>Service FE59 as BlueZ writes UUIDs.</summary>
    public const string DfuService = "0000fe59-0000-1000-8000-00805f9b34fb";

    /// <summary>The service of SDK 12's buttonless applications; its characteristic has the same UUID.</summary>
    private const string Sdk12Service = "8e400001-f315-4f60-9fb8-838830daea50";

    /// <summary>Services that a device may advertise besides, and what they tell.</summary>
    public static readonly ImmutableDictionary<string, OtherServices> OtherServices = new Dictionary<string, OtherServices>
    {
        ["00001530-1212-efde-1523-785feabcde23"] = Adapters.OtherServices.LegacyDfu,
        [Sdk12Service] = Adapters.OtherServices.Sdk12Buttonless,
        ["6e400001-b5a3-f393-e0a9-e50e24dcca9e"] = Adapters.OtherServices.Uart,
        ["8d53dc1d-1db7-4cd3-868b-8a527460aa84"] = Adapters.OtherServices.Smp,
    }.ToImmutableDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>A bootloader has both; an application has a buttonless one instead, or none.</summary>
    public static readonly ImmutableArray<DfuCharacteristic> OfBootloader = [DfuCharacteristic.ControlPoint, DfuCharacteristic.Packet];

    private static readonly ImmutableDictionary<string, DfuCharacteristic> ByUuid = new Dictionary<string, DfuCharacteristic>
    {
        ["8ec90001-f315-4f60-9fb8-838830daea50"] = DfuCharacteristic.ControlPoint,
        ["8ec90002-f315-4f60-9fb8-838830daea50"] = DfuCharacteristic.Packet,
        ["8ec90003-f315-4f60-9fb8-838830daea50"] = DfuCharacteristic.Buttonless,
        ["8ec90004-f315-4f60-9fb8-838830daea50"] = DfuCharacteristic.ButtonlessBonded,
        [Sdk12Service] = DfuCharacteristic.ButtonlessSdk12,
    }.ToImmutableDictionary(StringComparer.OrdinalIgnoreCase);

    /// <param name="below">What BlueZ has below the device.</param>
    /// <returns>The first of each.</returns>
    public static ImmutableDictionary<DfuCharacteristic, BlueZObject> Of(IEnumerable<BlueZObject> below)
    {
        var found = ImmutableDictionary.CreateBuilder<DfuCharacteristic, BlueZObject>();
        foreach (var candidate in below.OrderBy(static candidate => candidate.Path.ToString(), StringComparer.Ordinal))
        {
            if (candidate.Get<string>(Interface, "UUID") is { } uuid && ByUuid.TryGetValue(uuid, out var characteristic))
                found.TryAdd(characteristic, candidate);
        }

        return found.ToImmutable();
    }

    /// <summary>Those that are not an update's and can be read; the first of each.</summary>
    /// <param name="below">What BlueZ has below the device.</param>
    public static ImmutableDictionary<Guid, BlueZObject> Readable(IEnumerable<BlueZObject> below)
    {
        var found = ImmutableDictionary.CreateBuilder<Guid, BlueZObject>();
        foreach (var candidate in below.OrderBy(static candidate => candidate.Path.ToString(), StringComparer.Ordinal))
        {
            if (candidate.Get<string[]>(Interface, "Flags")?.Contains("read") == true
                && candidate.Get<string>(Interface, "UUID") is { } text && !ByUuid.ContainsKey(text) && Guid.TryParse(text, out var uuid))
                found.TryAdd(uuid, candidate);
        }

        return found.ToImmutable();
    }

    /// <summary>Whether an update can be begun with these: nothing more needs to be waited for.</summary>
    public static bool Suffice(IReadOnlyDictionary<DfuCharacteristic, BlueZObject> found) =>
        OfBootloader.All(found.ContainsKey)
        || found.ContainsKey(DfuCharacteristic.Buttonless)
        || found.ContainsKey(DfuCharacteristic.ButtonlessBonded)
        || found.ContainsKey(DfuCharacteristic.ButtonlessSdk12);

    /// <summary>Whether the device has the DFU service, by its own word or by what BlueZ shows, and so characteristics that <see cref="Suffice"/>.</summary>
    public static bool ArePromised(BlueZObject? device, IReadOnlyCollection<BlueZObject> below) => SaysSo(device) || IsShown(below);

    /// <summary>Whether the device says that it has the DFU service and BlueZ shows nothing of it: what BlueZ remembers of an earlier firmware.</summary>
    public static bool AreStale(BlueZObject? device, IReadOnlyCollection<BlueZObject> below) => SaysSo(device) && !IsShown(below) && Of(below).Count == 0;

    private static bool SaysSo(BlueZObject? device) =>
        device?.Get<string[]>(BlueZObjects.Device, "UUIDs")?.Any(IsDfuService) == true;

    private static bool IsShown(IReadOnlyCollection<BlueZObject> below) =>
        below.Any(static candidate => candidate.Get<string>(ServiceInterface, "UUID") is { } uuid && IsDfuService(uuid));

    private static bool IsDfuService(string uuid) =>
        uuid.Equals(DfuService, StringComparison.OrdinalIgnoreCase) || uuid.Equals(Sdk12Service, StringComparison.OrdinalIgnoreCase);
}
