using System.Text;
using Dfu.Protocol.Links;

namespace Dfu.BlueZ.Rig.VirtualControllers;

internal enum AttributeKind
{
    /// <summary>A declaration or a value that never changes.</summary>
    Fixed,

    /// <summary>The value of a characteristic of the link.</summary>
    Value,

    /// <summary>Turns its characteristic's notifications or indications on.</summary>
    Configuration,
}

/// <param name="Value">What is read; empty for what only the device knows.</param>
/// <param name="Characteristic">The one a value or its configuration belongs to; null for Service Changed, which never comes.</param>
/// <param name="GroupEnd">Last handle of the service a declaration begins, else 0.</param>
internal sealed record GattAttribute(
    ushort Handle, byte[] Type, AttributeKind Kind, byte[] Value, DfuCharacteristic? Characteristic = null, bool Indicates = false, ushort GroupEnd = 0);

/// <summary>The attributes of one device as it is now: bootloader or application.</summary>
internal sealed class GattTable
{
    private const byte Read = 0x02;
    private const byte WriteWithoutResponse = 0x04;
    private const byte Write = 0x08;
    private const byte Notify = 0x10;
    private const byte Indicate = 0x20;

    private readonly List<GattAttribute> _attributes = [];

    private GattTable()
    {
    }

    /// <summary>By handle, ascending.</summary>
    public IReadOnlyList<GattAttribute> Attributes => _attributes;

    private ushort NextHandle => (ushort)(_attributes.Count + 1);

    public static GattTable Of(IReadOnlySet<DfuCharacteristic> characteristics, string name)
    {
        var table = new GattTable();
        table.Service(
            GattUuid.GenericAccess,
            () => table.FixedCharacteristic(GattUuid.DeviceName, Read, Encoding.UTF8.GetBytes(name)),
            () => table.FixedCharacteristic(GattUuid.Appearance, Read, [0, 0]));
        table.Service(GattUuid.GenericAttribute, () =>
        {
            table.FixedCharacteristic(GattUuid.ServiceChanged, Indicate, []);
            table.Configuration(null, indicates: true);
        });
        DfuCharacteristic[] secure = [DfuCharacteristic.Packet, DfuCharacteristic.ControlPoint, DfuCharacteristic.Buttonless, DfuCharacteristic.ButtonlessBonded];
        if (secure.Any(characteristics.Contains))
        {
            table.Service(GattUuid.SecureDfu, [.. secure.Where(characteristics.Contains).Select(one => (Action)(() => table.SecureCharacteristic(one)))]);
        }

        if (characteristics.Contains(DfuCharacteristic.ButtonlessSdk12))
        {
            table.Service(GattUuid.BootloaderSdk12, () => table.Characteristic(DfuCharacteristic.ButtonlessSdk12, GattUuid.BootloaderSdk12, Write | Notify));
        }

        table.EndLastService();
        return table;
    }

    public GattAttribute? Find(ushort handle) => handle >= 1 && handle <= _attributes.Count ? _attributes[handle - 1] : null;

    public GattAttribute? ValueOf(DfuCharacteristic characteristic) =>
        _attributes.Find(attribute => attribute.Kind == AttributeKind.Value && attribute.Characteristic == characteristic);

    public IEnumerable<GattAttribute> Between(ushort first, ushort last) => _attributes.Where(attribute => attribute.Handle >= first && attribute.Handle <= last);

    private void SecureCharacteristic(DfuCharacteristic characteristic) => Characteristic(
        characteristic,
        GattUuid.Dfu((byte)characteristic),
        characteristic switch
        {
            DfuCharacteristic.Packet => WriteWithoutResponse,
            DfuCharacteristic.ControlPoint => Write | Notify,
            _ => Write | Indicate,
        });

    private void Service(byte[] uuid, params ReadOnlySpan<Action> characteristics)
    {
        var at = _attributes.Count;
        Add(GattUuid.PrimaryService, AttributeKind.Fixed, uuid);
        foreach (var characteristic in characteristics) characteristic();
        _attributes[at] = _attributes[at] with { GroupEnd = (ushort)_attributes.Count };
    }

    /// <summary>The last service reaches to the end of all handles, as SoftDevices have it.</summary>
    private void EndLastService()
    {
        var at = _attributes.FindLastIndex(attribute => attribute.GroupEnd > 0);
        _attributes[at] = _attributes[at] with { GroupEnd = ushort.MaxValue };
    }

    private void Characteristic(DfuCharacteristic characteristic, byte[] uuid, byte properties)
    {
        Declare(uuid, properties);
        Add(uuid, AttributeKind.Value, [], characteristic);
        if ((properties & (Notify | Indicate)) != 0) Configuration(characteristic, (properties & Indicate) != 0);
    }

    private void FixedCharacteristic(byte[] uuid, byte properties, byte[] value)
    {
        Declare(uuid, properties);
        Add(uuid, AttributeKind.Fixed, value);
    }

    private void Declare(byte[] uuid, byte properties) =>
        Add(GattUuid.Characteristic, AttributeKind.Fixed, [properties, .. HciEvents.U16(NextHandle + 1), .. uuid]);

    private void Configuration(DfuCharacteristic? characteristic, bool indicates) =>
        _attributes.Add(new GattAttribute(NextHandle, GattUuid.Configuration, AttributeKind.Configuration, [], characteristic, indicates));

    private void Add(byte[] type, AttributeKind kind, byte[] value, DfuCharacteristic? characteristic = null) =>
        _attributes.Add(new GattAttribute(NextHandle, type, kind, value, characteristic));
}
