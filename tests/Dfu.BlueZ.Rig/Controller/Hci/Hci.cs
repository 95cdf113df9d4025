namespace Dfu.BlueZ.Rig.VirtualControllers;

/// <summary>First byte of a packet on the wire.</summary>
internal static class HciPacket
{
    public const byte Command = 0x01;
    public const byte Acl = 0x02;
    public const byte Event = 0x04;
}

/// <summary>Commands a virtual controller knows: group in the upper six bits, number in the lower ten.</summary>
/// <remarks>Bluetooth Core Specification 4.2, volume 2, part E, chapter 7.</remarks>
internal static class HciOpCode
{
    public const ushort Disconnect = 0x0406;
    public const ushort ReadRemoteVersion = 0x041d;
    public const ushort SetEventMask = 0x0c01;
    public const ushort Reset = 0x0c03;
    public const ushort ReadLocalName = 0x0c14;
    public const ushort SetEventMask2 = 0x0c63;
    public const ushort WriteLeHostSupport = 0x0c6d;
    public const ushort ReadLocalVersion = 0x1001;
    public const ushort ReadLocalCommands = 0x1002;
    public const ushort ReadLocalFeatures = 0x1003;
    public const ushort ReadBufferSize = 0x1005;
    public const ushort ReadAddress = 0x1009;
    public const ushort ReadRssi = 0x1405;
    public const ushort LeSetEventMask = 0x2001;
    public const ushort LeReadBufferSize = 0x2002;
    public const ushort LeReadFeatures = 0x2003;
    public const ushort LeSetRandomAddress = 0x2005;
    public const ushort LeSetAdvertisingParameters = 0x2006;
    public const ushort LeReadAdvertisingPower = 0x2007;
    public const ushort LeSetAdvertisingData = 0x2008;
    public const ushort LeSetScanResponse = 0x2009;
    public const ushort LeSetAdvertising = 0x200a;
    public const ushort LeSetScanParameters = 0x200b;
    public const ushort LeSetScan = 0x200c;
    public const ushort LeCreateConnection = 0x200d;
    public const ushort LeCancelConnection = 0x200e;
    public const ushort LeReadAcceptListSize = 0x200f;
    public const ushort LeClearAcceptList = 0x2010;
    public const ushort LeAddToAcceptList = 0x2011;
    public const ushort LeRemoveFromAcceptList = 0x2012;
    public const ushort LeUpdateConnection = 0x2013;
    public const ushort LeReadRemoteFeatures = 0x2016;
    public const ushort LeRandom = 0x2018;
    public const ushort LeReadStates = 0x201c;
    public const ushort LeSetDataLength = 0x2022;
    public const ushort LeReadDefaultDataLength = 0x2023;
    public const ushort LeWriteDefaultDataLength = 0x2024;
    public const ushort LeReadMaximumDataLength = 0x202f;
}

/// <remarks>Volume 2, part D.</remarks>
internal static class HciStatus
{
    public const byte Success = 0x00;
    public const byte UnknownCommand = 0x01;
    public const byte UnknownConnection = 0x02;
    public const byte SupervisionTimeout = 0x08;
    public const byte ConnectionLimit = 0x09;
    public const byte CommandDisallowed = 0x0c;
    public const byte InvalidParameters = 0x12;
    public const byte LocalHost = 0x16;
    public const byte AdvertisingTimeout = 0x3c;
    public const byte FailedToEstablish = 0x3e;
}
