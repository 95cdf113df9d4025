namespace Dfu.BlueZ.Rig.VirtualControllers;

/// <remarks>Bluetooth Core Specification 4.2, volume 3, part F, section 3.4.</remarks>
internal static class AttOpCode
{
    public const byte Error = 0x01;
    public const byte ExchangeMtuRequest = 0x02;
    public const byte FindInformationRequest = 0x04;
    public const byte FindByTypeValueRequest = 0x06;
    public const byte ReadByTypeRequest = 0x08;
    public const byte ReadRequest = 0x0a;
    public const byte ReadBlobRequest = 0x0c;
    public const byte ReadByGroupTypeRequest = 0x10;
    public const byte WriteRequest = 0x12;
    public const byte Notification = 0x1b;
    public const byte Indication = 0x1d;
    public const byte Confirmation = 0x1e;
    public const byte WriteCommand = 0x52;

    /// <summary>A request without an answer: unknown ones are passed over in silence.</summary>
    public const byte CommandFlag = 0x40;
}

/// <remarks>Section 3.4.1.1.</remarks>
internal static class AttStatus
{
    public const byte InvalidHandle = 0x01;
    public const byte ReadNotPermitted = 0x02;
    public const byte WriteNotPermitted = 0x03;
    public const byte InvalidPdu = 0x04;
    public const byte RequestNotSupported = 0x06;
    public const byte InvalidOffset = 0x07;
    public const byte AttributeNotFound = 0x0a;
    public const byte InvalidLength = 0x0d;
    public const byte Unlikely = 0x0e;
    public const byte UnsupportedGroupType = 0x10;
}

/// <summary>UUIDs as they go over the air: least significant byte first, two bytes where the standard has assigned a short one.</summary>
internal static class GattUuid
{
    public static readonly byte[] PrimaryService = [0x00, 0x28];
    public static readonly byte[] SecondaryService = [0x01, 0x28];
    public static readonly byte[] Characteristic = [0x03, 0x28];
    public static readonly byte[] Configuration = [0x02, 0x29];
    public static readonly byte[] GenericAccess = [0x00, 0x18];
    public static readonly byte[] DeviceName = [0x00, 0x2a];
    public static readonly byte[] Appearance = [0x01, 0x2a];
    public static readonly byte[] GenericAttribute = [0x01, 0x18];
    public static readonly byte[] ServiceChanged = [0x05, 0x2a];
    public static readonly byte[] SecureDfu = [0x59, 0xfe];

    /// <summary>SDK 12's experimental service and its one characteristic share a UUID.</summary>
    public static readonly byte[] BootloaderSdk12 = Convert.FromHexString("50EADA308883B89F604F15F30100408E");

    /// <summary>8EC9000X-F315-4F60-9FB8-838830DAEA50.</summary>
    public static byte[] Dfu(byte number) => [.. Convert.FromHexString("50EADA308883B89F604F15F3"), number, 0x00, 0xc9, 0x8e];
}
