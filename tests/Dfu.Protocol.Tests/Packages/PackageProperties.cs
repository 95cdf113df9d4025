using System.Security.Cryptography;
using System.Text;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using FsCheck;
using FsCheck.Xunit;

namespace Dfu.Protocol.Tests.Packages;

/// <summary>Whatever the bytes: an answer, or one exception of ours.</summary>
public class PackageProperties
{
    private static readonly ECDsa Key = DfuKeys.Generate();
    private static readonly byte[][] InitPackets = [.. Samples.Small.Select(zip => PackageReader.Read(zip, null).Images[0].InitPacket.ToArray())];
    private static readonly byte[] ManifestBytes = new RawZip(Samples.Bytes("sdbl.zip"))["manifest.json"];
    private static readonly byte[] Hex = HexText.Bytes(HexText.Of(0x1FFF0, [.. Enumerable.Range(0, 64).Select(i => (byte)i)]), HexText.End);

    [Property(MaxTest = 500)]
    public void Any_bytes_are_a_package_or_refused(byte[] bytes) => Survives(() => PackageReader.Read(bytes, Key));

    [Property(MaxTest = 500)]
    public void A_package_with_changed_bytes_is_read_or_refused(byte sample, int[] positions, byte[] values)
    {
        var zip = Mutate(Samples.Small[sample % Samples.Small.Length], positions, values);
        Survives(() => PackageReader.Read(zip, Samples.PublicKey));
    }

    [Property(MaxTest = 500)]
    public void A_package_with_a_changed_directory_is_read_or_refused(byte sample, int[] positions, byte[] values)
    {
        var zip = Samples.Small[sample % Samples.Small.Length];
        byte[] changed = [.. zip[..^220], .. Mutate(zip[^220..], positions, values)];
        Survives(() => PackageReader.Read(changed, Samples.PublicKey));
    }

    [Property(MaxTest = 200)]
    public void A_package_cut_anywhere_is_refused(byte sample, int length)
    {
        var zip = Samples.Small[sample % Samples.Small.Length];
        Assert.Throws<DfuException>(() => PackageReader.Read(zip.AsMemory(0, (int)((uint)length % (uint)zip.Length)), null));
    }

    [Property(MaxTest = 1000)]
    public void A_changed_manifest_is_read_or_refused(int[] positions, byte[] values) =>
        Survives(() => Manifest.Parse(Mutate(ManifestBytes, positions, values)));

    [Property(MaxTest = 500)]
    public void Any_manifest_text_is_read_or_refused(string? text) => Survives(() => Manifest.Parse(Encoding.UTF8.GetBytes($$"""{"manifest":{{text}}}""")));

    [Property(MaxTest = 2000)]
    public void A_changed_init_packet_is_parsed_or_its_problem_told(byte sample, int[] positions, byte[] values)
    {
        var changed = Mutate(InitPackets[sample % InitPackets.Length], positions, values);
        var parsed = InitPacket.TryParse(changed, out var packet, out var problem);

        Assert.Equal(parsed, packet is not null);
        Assert.Equal(parsed, problem.Length == 0);
        packet?.IsSignedBy(Key);
    }

    [Property(MaxTest = 1000)]
    public void Any_bytes_are_an_init_packet_or_have_a_problem(byte[] bytes) =>
        Assert.NotEqual(InitPacket.TryParse(bytes, out _, out var problem), problem.Length > 0);

    [Property(MaxTest = 300)]
    public void One_changed_bit_of_a_signed_init_packet_never_passes(int bit)
    {
        var changed = InitPackets[0].ToArray();
        var at = (int)((uint)bit % (uint)(changed.Length * 8));
        changed[at / 8] ^= (byte)(1 << (at % 8));

        Assert.False(InitPacket.TryParse(changed, out var packet, out _) && packet.IsSignedBy(Samples.PublicKey));
    }

    [Property(MaxTest = 1000)]
    public void Changed_HEX_is_read_or_refused(int[] positions, byte[] values) => Survives(() => IntelHex.Read(Mutate(Hex, positions, values)));

    [Property(MaxTest = 500)]
    public void Well_formed_HEX_records_of_any_content_are_read_or_refused((byte Type, ushort Address, byte[] Data)[] records)
    {
        var text = string.Concat(records.Select(record => HexText.Record((byte)(record.Type % 7), record.Address, [.. record.Data.Take(255)])));
        Survives(() => IntelHex.Read(HexText.Bytes(text, HexText.End)));
    }

    [Property]
    public void Any_bytes_are_HEX_or_refused(byte[] bytes) => Survives(() => IntelHex.Read(bytes));

    [Property]
    public void Bytes_survive_HEX(uint start, byte[] bytes, byte perRecord)
    {
        if (bytes.Length == 0) return;
        start %= 0x0F00_0000;

        var image = IntelHex.Read(HexText.Bytes(HexText.Of(start, bytes, Math.Max((int)perRecord, 1)), HexText.End));

        Assert.Equal(start, image.Start);
        Assert.Equal(bytes, image.Bytes.ToArray());
    }

    [Property]
    public void Any_text_is_a_key_or_refused(string? text)
    {
        Survives(() => DfuKeys.ParsePublic(text ?? ""));
        Survives(() => DfuKeys.ParsePublic($"-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----"));
        Survives(() => DfuKeys.ParsePrivate($"-----BEGIN EC PRIVATE KEY-----\n{text}\n-----END EC PRIVATE KEY-----"));
    }

    [Property(MaxTest = 300)]
    public void A_changed_key_is_read_or_refused(int[] positions, byte[] values)
    {
        Survives(() => DfuKeys.ParsePublic(Pem("PUBLIC KEY", Mutate(Key.ExportSubjectPublicKeyInfo(), positions, values))));
        Survives(() => DfuKeys.ParsePrivate(Pem("EC PRIVATE KEY", Mutate(Key.ExportECPrivateKey(), positions, values))));
        Survives(() => DfuKeys.ParsePrivate(Pem("PRIVATE KEY", Mutate(Key.ExportPkcs8PrivateKey(), positions, values))));
    }

    [Property]
    public void Any_text_is_an_address_or_not(string? text, byte[] bytes)
    {
        Assert.Equal(BluetoothAddress.TryParse(text, out var address), address != default || text is "00:00:00:00:00:00" or "000000000000");
        Assert.Equal(bytes.Length == 6, BluetoothAddress.TryRead(bytes, out _));
    }

    [Property]
    public void An_address_survives_text_and_bytes(ulong value)
    {
        var address = new BluetoothAddress(value & 0xFFFF_FFFF_FFFF);

        Assert.True(BluetoothAddress.TryParse(address.ToString(), out var fromText));
        Assert.True(BluetoothAddress.TryRead(address.ToBytes(), out var fromBytes));
        Assert.Equal((address, address), (fromText, fromBytes));
        Assert.Equal(address, address.Bootloader.Application);
    }

    [Property(MaxTest = 100)]
    public void A_created_package_says_what_it_was_made_of(
        NonEmptyArray<byte> application,
        NonEmptyArray<byte> system,
        uint version,
        uint hwVersion,
        NonEmptyArray<uint> sdReq,
        bool withKey,
        bool isDebug,
        byte form)
    {
        var contents = new PackageContents
        {
            Application = form % 7 is 2 or 3 or 5 ? null : new FirmwareFile("app", application.Get),
            ApplicationVersion = version,
            SoftDevice = form % 7 is 1 or 2 or 3 ? new FirmwareFile("s140", system.Get) : null,
            Bootloader = form % 7 is 3 or 4 or 5 or 6 ? new FirmwareFile("boot", system.Get) : null,
            BootloaderVersion = version,
            HwVersion = hwVersion,
            SdReq = [.. sdReq.Get.Take(15)],
            SoftDeviceIds = form % 7 == 1 ? [0x123] : [],
            IsDebug = isDebug,
        };

        var package = PackageReader.Read(PackageWriter.Create(contents, withKey ? Key : null), withKey ? Key : null);

        foreach (var image in package.Images)
        {
            Assert.Equal((hwVersion, isDebug, withKey ? true : null), (image.HwVersion, image.IsDebug, image.SignatureValid));
            Assert.Equal(image.Type == ImageType.SoftDevice ? uint.MaxValue : version, image.FwVersion);
            Assert.Equal(image.Firmware.Length, (long)image.SoftDeviceSize + image.BootloaderSize + image.ApplicationSize);
        }

        if (contents.Application is not null) Assert.Equal(PackageWriter.Pad(application.Get), package.Images[^1].Firmware.ToArray());
        Assert.Equal(SdReqOrder.Of(contents.SdReq.Concat(contents.SoftDeviceIds)), package.Images[0].SdReq);
    }

    private static void Survives(Action parse)
    {
        try
        {
            parse();
        }
        catch (DfuException e)
        {
            Assert.NotEmpty(e.Message);
            Assert.DoesNotContain(e.Message, char.IsControl);
        }
    }

    /// <summary>Overwrites, and with an odd value now and then cuts or repeats.</summary>
    private static byte[] Mutate(byte[] original, int[] positions, byte[] values)
    {
        var bytes = original.ToList();
        foreach (var (position, value) in positions.Zip(values))
        {
            if (bytes.Count == 0) break;
            var at = (int)((uint)(position * 2654435761) % (uint)bytes.Count);
            switch (value % 16)
            {
                case 1: bytes.RemoveAt(at); break;
                case 2: bytes.Insert(at, (byte)position); break;
                case 3: bytes.RemoveRange(at, Math.Min(value, bytes.Count - at)); break;
                default: bytes[at] = value; break;
            }
        }

        return [.. bytes];
    }

    private static string Pem(string label, byte[] der) => new(PemEncoding.Write(label, der));
}
